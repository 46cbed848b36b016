// Opening and saving of files.
import { t } from "../lib/i18n.svelte";
import * as calls from "./calls";
import { checking } from "./checking.svelte";
import { editor } from "./editor.svelte";
import { withStoredPatterns } from "./patterns";
import { isShapeFile, shapes } from "./shapes.svelte";

function size(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}

/** Open a file as the plan that is edited, or its shapes; the plan before can be had back with undo. */
export async function openFile(file: File, as: "what it is" | "mission" = "what it is"): Promise<void> {
  editor.trouble = "";
  const most = checking.formats?.max_bytes ?? 32 * 1024 * 1024;
  if (file.size > most) {
    editor.trouble = t("plan.file.large", { name: file.name, size: size(file.size), most: size(most) });
    return;
  }
  try {
    if (as === "what it is" && (await isShapeFile(file))) return await shapes.open(file);
    const { plan, contents } = await calls.open(file, file.name);
    editor.take(plan, file.name.replace(/\.[^.]*$/, ""));
    editor.notice = `opened:${file.name}: ${contents}`;
    shapes.close();
  } catch (error) {
    editor.trouble = (error as Error).message;
  }
}

/** Read the file of the plan again, with row 0 as home or as the first item. */
export async function readAgain(homeRow: "" | "yes" | "no"): Promise<void> {
  const { source } = editor.plan;
  if (!source) return;
  editor.trouble = "";
  try {
    const { plan, contents } = await calls.open(new Blob([source.text]), source.path, homeRow);
    editor.take(plan, editor.name);
    editor.notice = `opened:${source.path}: ${contents}`;
  } catch (error) {
    editor.trouble = (error as Error).message;
  }
}

/** The plan as it is sent and saved: with the outlines of our patterns among the fields of a .plan. */
export function whole() {
  return withStoredPatterns(editor.plan, editor.doc.patterns);
}

export async function saveFile(format: string): Promise<void> {
  editor.trouble = "";
  try {
    const { file, name } = await calls.save(format === "plan" ? whole() : editor.plan, format, editor.name);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    editor.saved();
    editor.notice = `saved:${name}`;
  } catch (error) {
    editor.trouble = (error as Error).message;
  }
}

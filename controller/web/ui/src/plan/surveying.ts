// Surveys and corridors: made by the server from an outline and settings, and made anew when one of them changes.
import * as calls from "./calls";
import { editor } from "./editor.svelte";
import { type LatLon, placeOf } from "./model";
import { defaultSettings, type Pattern, type PatternFigures, type PatternSettings } from "./patterns";

const KEY = "landline.plan.pattern";
const WAIT_MS = 120;

/** Figures of the pattern that was made last, by its outline. */
export const figures = new WeakMap<readonly LatLon[], PatternFigures>();
let timer: ReturnType<typeof setTimeout> | undefined;
let asked = 0;

function lastSettings(kind: Pattern["kind"]): PatternSettings {
  try {
    const saved = JSON.parse(localStorage.getItem(`${KEY}.${kind}`) ?? "null") as PatternSettings | null;
    return { ...defaultSettings(kind), ...saved };
  } catch {
    return defaultSettings(kind);
  }
}

/** Make a new pattern of a drawn outline, after the selected item or at the end. */
export async function make(kind: Pattern["kind"], points: LatLon[]): Promise<void> {
  const pattern: Pattern = { kind, at: editor.insertAt(), count: 0, points, settings: lastSettings(kind) };
  await replace(pattern, null, "");
}

export function outlineMoved(index: number, points: LatLon[], merge = ""): void {
  again(index, (before) => ({ ...before, points }), merge);
}

export function settingsChanged(index: number, settings: PatternSettings, merge = ""): void {
  again(index, (before) => ({ ...before, settings }), merge);
  const before = editor.doc.patterns[index];
  if (before) localStorage.setItem(`${KEY}.${before.kind}`, JSON.stringify({ ...settings, angle_deg: 0 }));
}

/** Show the new outline at once; its items follow from the server a moment later, in the same step of undo. */
function again(index: number, change: (before: Pattern) => Pattern, merge: string): void {
  const before = editor.doc.patterns[index];
  if (!before) return;
  const pattern = change(before);
  const patterns = editor.doc.patterns.map((one) => (one === before ? pattern : one));
  const name = merge || `pattern ${editor.version}`;
  editor.apply({ ...editor.doc, patterns }, name);
  clearTimeout(timer);
  timer = setTimeout(() => void replace(pattern, pattern, name), WAIT_MS);
}

/** The last place before the pattern, else home. */
function startOf(at: number): LatLon | null {
  for (const item of editor.plan.items.slice(0, at).reverse()) {
    const place = placeOf(item);
    if (place) return place;
  }
  const { home } = editor.plan;
  return home ? [home.lat_deg, home.lon_deg] : null;
}

async function replace(pattern: Pattern, replaces: Pattern | null, merge: string): Promise<void> {
  const number = ++asked;
  const { version } = editor;
  try {
    const made = await calls.generate(pattern.kind, pattern.points, pattern.settings, startOf(pattern.at));
    if (number !== asked) return;
    if (replaces && !editor.doc.patterns.includes(replaces)) return; // undone meanwhile
    if (!replaces && version !== editor.version) pattern.at = Math.min(pattern.at, editor.plan.items.length);
    figures.set(pattern.points, made.figures);
    editor.trouble = "";
    editor.pattern(pattern, made.items, replaces, merge);
  } catch (error) {
    editor.trouble = (error as Error).message;
  }
}

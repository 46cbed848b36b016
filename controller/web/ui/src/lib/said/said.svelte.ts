// Texts that the server made, in the language of the page. The record, the terminal and the API stay English.
import { language } from "../i18n.svelte";
import texts from "../../lang/de.json";
import { compile, type Piece, type Templates, translated } from "./templates";

const MOST_KEPT = 2000;
/** Templates of the page's language; null for English, and until they are loaded. */
let current = $state.raw<Templates | null>(null);
const kept = new Map<string, Piece[]>();

/** Load the translations when the page's language needs them. Called once. */
export function loadTranslations(): void {
  $effect.root(() => {
    $effect(() => {
      // Without them the texts stay English, until the page is loaded again.
      if (language.name === "de") german().catch(() => {});
    });
  });
}

async function german(): Promise<void> {
  if (current) return;
  const [server, commands] = await Promise.all([
    import("../../lang/server.de.json"),
    import("../../lang/commands.de.json"),
  ]);
  current = compile({ ...own(Object.values(texts)), ...commands.default, ...server.default });
}

/** The page's own sentences, which stay as they are where one stands in the place of a text of the server. */
function own(sentences: string[]): Record<string, string> {
  return Object.fromEntries(sentences.filter((one) => one.split(" ").length > 3).map((one) => [one, one]));
}

/** A text of the server in pieces, those that stay English marked so. */
export function pieces(text: string): Piece[] {
  if (language.name === "en" || !current) return [{ text, english: language.name !== "en" }];
  let found = kept.get(text);
  if (!found) {
    found = translated(current, text);
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(text, found);
  }
  return found;
}

/** A text of the server as one text, for places that cannot mark its language: titles, choices of a list. */
export function said(text: string): string {
  return pieces(text)
    .map((piece) => piece.text)
    .join("");
}

// Texts of the page by key; `lang/en.json` names every key, and another language translates them all.
import de from "../lang/de.json";
import en from "../lang/en.json";

export type Key = keyof typeof en;
export type Language = "en" | "de";
const TEXTS: Record<Language, Record<Key, string>> = { en, de };
const STORED = "landline.language";

export const language = $state<{ name: Language }>({ name: chosen() });

function chosen(): Language {
  const saved = localStorage.getItem(STORED);
  if (saved === "en" || saved === "de") return saved;
  return navigator.language.startsWith("de") ? "de" : "en";
}

export function setLanguage(name: Language): void {
  language.name = name;
  document.documentElement.lang = name;
  localStorage.setItem(STORED, name);
}

/** The text of a key; `{name}` in it is replaced by the value of that name. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return TEXTS[language.name][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

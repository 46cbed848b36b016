// Words for what flights report of themselves.
import { type Key, t } from "../lib/i18n.svelte";
import en from "../lang/en.json";

/** The text of a key that is made from a value; the value itself where no text has that key. */
export function wordOf(key: string, value: string): string {
  return key in en ? t(key as Key) : value;
}

export function outcomeText(outcome: string): string {
  return outcome ? wordOf(`review.outcome.${outcome}`, outcome) : "";
}

export function kindText(kind: string): string {
  return wordOf(`review.kind.${kind}`, kind);
}

/** "2 warnings, 3 of the aircraft"; empty without any. */
export function warningText(own: number, aircraft: number): string {
  const parts = [];
  if (own > 0) parts.push(t("review.warnings.own", { count: own }));
  if (aircraft > 0) parts.push(t("review.warnings.aircraft", { count: aircraft }));
  return parts.join(", ");
}

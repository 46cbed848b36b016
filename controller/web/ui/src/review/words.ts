// Words for what flights report of themselves.
import { type Key, t } from "../lib/i18n.svelte";
import { said } from "../lib/said/said.svelte";
import en from "../lang/en.json";
import type { FlightEvent, FlightRow } from "./types";

/** The text of a key that is made from a value; the value itself where no text has that key. */
export function wordOf(key: string, value: string): string {
  return key in en ? t(key as Key) : value;
}

export function outcomeText(outcome: string): string {
  return outcome ? wordOf(`review.outcome.${outcome}`, outcome) : "";
}

export type Mark = "good" | "bad" | "plain";
/** The mark of each end of a flight, so that no colour alone tells it. */
export const MARKS: Record<Mark, string> = { good: "✓", bad: "✕", plain: "" };

/** How a flight of the list ended: a crash is judged from its log, whatever was recorded; without an end, interrupted. */
export function endOf(row: FlightRow): string {
  return row.crash ? "crashed" : row.outcome || "interrupted";
}

/** Only what was completed is good; a flight that was only monitored has neither a good nor a bad end. */
export function markOf(outcome: string): Mark {
  return outcome === "completed" ? "good" : outcome === "watched" ? "plain" : "bad";
}

/** What an event says; a text of the aircraft stays as it sent it. */
export function wordsOf(event: FlightEvent): string {
  return event.kind === "text" ? event.text : said(event.text);
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

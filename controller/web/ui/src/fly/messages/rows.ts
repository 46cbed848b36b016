// What the aircraft said and what happened to it, as one list: texts, events, and actions.
import { type Key, t } from "../../lib/i18n.svelte";
import { type Aircraft, live } from "../../lib/live.svelte";
import type { ActionNews, SessionEvent, TextMessage } from "../../lib/protocol";

export type Weight = "error" | "warning" | "notice" | "info";
export const WEIGHTS: readonly Weight[] = ["error", "warning", "notice", "info"];
/** Shape of each weight, so that none is told by its colour alone. */
export const WEIGHT_MARKS: Record<Weight, string> = { error: "✕", warning: "!", notice: "•", info: "i" };
export const weightKey = (weight: Weight): Key => `fly.weight.${weight}`;

export interface Row {
  key: string;
  utc: string;
  weight: Weight;
  /** Word for the severity, the sender's own where it has one. */
  word: string | null;
  sender: string;
  text: string;
  /** Whether Landline or its box made the text; the aircraft's own words are not translated. */
  own: boolean;
  source: TextMessage | SessionEvent | ActionNews;
}

const EVENT_WEIGHTS: Record<string, Weight> = { warning: "warning", link: "warning", note: "notice", mode: "notice" };

function weightOf(severity: number): Weight {
  if (severity <= 3) return "error";
  if (severity === 4) return "warning";
  return severity === 5 ? "notice" : "info";
}

const ENDED_BADLY: ReadonlySet<ActionNews["outcome"]> = new Set(["refused", "unconfirmed"]);

/** Rows of an aircraft, newest first, at least of this weight. Texts are events too: they are listed once. */
export function rowsOf(one: Aircraft, least: Weight): Row[] {
  const rows: Row[] = [];
  // Texts of ground boxes are about every aircraft.
  for (const text of [...one.texts, ...live.boxTexts]) {
    const own = live.boxTexts.includes(text);
    rows.push({
      key: `t ${text.utc} ${text.text}`,
      utc: text.utc,
      weight: weightOf(text.severity),
      word: text.severity_name,
      sender: text.sender,
      text: text.text,
      own,
      source: text,
    });
  }
  for (const event of live.events) {
    if (event.kind === "text" || (event.aircraft !== null && event.aircraft !== one.id)) continue;
    const weight = event.kind === "link" && event.fields.up === true ? "notice" : (EVENT_WEIGHTS[event.kind] ?? "info");
    rows.push({ key: `e ${event.utc} ${event.text}`, utc: event.utc, weight, word: null, sender: "Landline", text: event.text, own: true, source: event });
  }
  for (const action of live.actions) {
    if (action.aircraft !== one.id) continue;
    rows.push({
      key: `a ${action.client} ${action.request}`,
      utc: action.utc,
      weight: ENDED_BADLY.has(action.outcome) ? "error" : "notice",
      word: t(`fly.outcome.${action.outcome}`),
      sender: action.client_name,
      text: action.why ? `${action.words}: ${action.why}` : action.words,
      own: true,
      source: action,
    });
  }
  const most = WEIGHTS.indexOf(least);
  return rows
    .filter((row) => WEIGHTS.indexOf(row.weight) <= most)
    .sort((a, b) => (a.utc < b.utc ? 1 : a.utc > b.utc ? -1 : 0));
}

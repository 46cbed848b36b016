// Alarms of all aircraft: telemetry lost, commands blocked, and texts of a failsafe or a crash.
import { said } from "../lib/said/said.svelte";
import { age } from "../lib/format";
import { t } from "../lib/i18n.svelte";
import { type Aircraft, live } from "../lib/live.svelte";
import type { TextMessage } from "../lib/protocol";
import { shortName } from "./drawing";

export interface Alarm {
  key: string;
  aircraft: Aircraft;
  text: string;
  /** The same without the age that goes on, for a screen reader. */
  said: string;
  /** Null for one that lasts as long as its cause. */
  dismiss: TextMessage | null;
}

/** Checks before arming are told where the aircraft is on the ground: they are no alarms. */
const BEFORE_ARMING = /^\s*(pre-?arm|arm(ing)?\b|pre-?flight)/i;
const HURTS = /failsafe|fail safe|crash|terminat|parachute|lost|emergency|thrust loss/i;
/** A text alarms this long, s, unless the operator dismisses it. */
export const TEXT_ALARM_S = 60;
const CRITICAL = 2;
const WARNING = 4;

export function alarms(text: TextMessage): boolean {
  if (BEFORE_ARMING.test(text.text)) return false;
  return text.severity <= CRITICAL || (text.severity <= WARNING && HURTS.test(text.text));
}

/**
 * The alarms now: all of the selected aircraft, then the worst one of each other. `dismissed` are the texts that the
 * operator has seen.
 */
export function currentAlarms(dismissed: ReadonlySet<TextMessage>): Alarm[] {
  if (!live.connected) return [];
  const others = [...live.aircraft.values()].filter((one) => one !== live.selected);
  const own = live.selected ? alarmsOf(live.selected, dismissed) : [];
  return [...own, ...others.flatMap((one) => alarmsOf(one, dismissed).slice(0, 1))];
}

function alarmsOf(aircraft: Aircraft, dismissed: ReadonlySet<TextMessage>): Alarm[] {
  const found: Alarm[] = [];
  const name = shortName(aircraft);
  const { alarm, last_message } = aircraft.state;
  if (alarm) {
    const text = `${name}: ${said(alarm)}`;
    found.push({ key: `blocked ${aircraft.id}`, aircraft, text, said: text, dismiss: null });
  }
  if (live.stale(last_message)) {
    const key = aircraft === live.selected ? "fly.alarm.lost" : "fly.alarm.lost-other";
    const text = t(key, { name, age: age(live.ageS(last_message)) });
    const spoken = t("fly.alarm.lost-said", { name });
    found.push({ key: `lost ${aircraft.id}`, aircraft, text, said: spoken, dismiss: null });
  }
  for (const text of aircraft.texts.toReversed()) {
    const key = `text ${aircraft.id} ${text.utc} ${text.text}`;
    const again = found.some((one) => one.key === key);
    if (again || !alarms(text) || dismissed.has(text) || live.ageS(text) > TEXT_ALARM_S) continue;
    found.push({
      key,
      aircraft,
      text: t("fly.alarm.text", { name, text: text.text, age: age(live.ageS(text)) }),
      said: `${name}: ${text.text}`,
      dismiss: text,
    });
  }
  return found;
}

// Names, words and units of everything that can be plotted.
import en from "../../lang/en.json";
import { type Key, t } from "../../lib/i18n.svelte";
import type { Replay } from "../replay.svelte";
import type { Review, Table } from "../types";

export interface Series {
  /** Name for the server: `TABLE.field@SENDER`, or `review/...`. */
  id: string;
  label: string;
  unit: string;
  /** Where it stands in the list. */
  group: string;
}

export interface PlotSpec {
  key: number;
  series: Series[];
}

const UNITS: [string, string][] = [
  ["_m_s", "m/s"],
  ["_m", "m"],
  ["_deg", "°"],
  ["_rad", "°"],
  ["_v", "V"],
  ["_a", "A"],
  ["_ah", "Ah"],
  ["_share", "%"],
];

function unitOf(field: string): string {
  return UNITS.find(([ending]) => field.endsWith(ending))?.[1] ?? "";
}

function labelOf(table: string, field: string): string {
  const key = `review.series.${table}.${field}`;
  return key in en ? t(key as Key) : `${table}.${field}`;
}

function ofTable(table: Table, field: string, sender: string): Series {
  const own = table.name.startsWith("series_");
  const suffix = sender ? `@${sender}` : "";
  const name = table.name.replace(/^series_/, "");
  return {
    id: `${table.name}.${field}${suffix}`,
    label: (own ? labelOf(name, field) : `${name}.${field}`) + (sender && table.senders.length > 1 ? ` (${sender})` : ""),
    unit: own ? unitOf(field) : (table.units?.[field] ?? ""),
    group: own ? t("review.plots.own") : name,
  };
}

/** Everything that a flight has to plot: the series, the lines of the review, the fields of the messages. */
export function allSeries(review: Review): Series[] {
  const fields = review.tables.flatMap((table) =>
    table.fields.flatMap((field) =>
      (table.senders.length > 1 ? table.senders : [""]).map((sender) => ofTable(table, field, sender)),
    ),
  );
  const lines = review.lines.map((line) => ({
    id: line.id,
    label: `${line.plot}: ${line.name}`,
    unit: line.unit,
    group: t("review.plots.checked"),
  }));
  const own = fields.filter((one) => one.id.startsWith("series_"));
  return [...own, ...lines, ...fields.filter((one) => !one.id.startsWith("series_"))];
}

/** The series of a replay, known before the review is made. */
export function replayedSeries(replay: Replay): Series[] {
  const tables = new Map<string, Table>();
  for (const name of replay.arrays.keys()) {
    const [channel, field] = name.split(".") as [string, string];
    if (field === "t" || channel === "track") continue;
    const table = tables.get(channel) ?? { name: `series_${channel}`, rows: 0, fields: [], senders: [] };
    table.fields.push(field);
    tables.set(channel, table);
  }
  return [...tables.values()].flatMap((table) => table.fields.map((field) => ofTable(table, field, "")));
}

const FIRST = [["altitude.home_m"], ["speed.ground_m_s", "speed.climb_m_s"]];
export const PRESETS: Record<string, string[]> = {
  height: ["altitude.home_m"],
  speed: ["speed.ground_m_s", "speed.climb_m_s"],
  attitude: ["attitude.roll_rad", "attitude.pitch_rad"],
  battery: ["battery.voltage_v", "battery.current_a", "battery.left_share"],
  gps: ["gps.satellites", "gps.hdop"],
};

function named(all: Series[], names: string[]): Series[] {
  return names.flatMap((name) => all.filter((one) => one.id.split("@")[0] === `series_${name}`).slice(0, 1));
}

export function preset(all: Series[], name: string): Series[] {
  return named(all, PRESETS[name] ?? []);
}

let nextKey = 1;
export function plotOf(series: Series[]): PlotSpec {
  return { key: nextKey++, series };
}

/** The plots that a flight opens with: height and speed, as far as it has them. */
export function firstPlots(all: Series[]): PlotSpec[] {
  const found = FIRST.map((names) => named(all, names)).filter((series) => series.length > 0);
  if (found.length === 0 && all[0]) found.push([all[0]]);
  return found.map(plotOf);
}

/** Series whose words contain every word of the search. */
export function searched(all: Series[], text: string): Series[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter((one) => {
    const where = `${one.label} ${one.id} ${one.group}`.toLowerCase();
    return words.every((word) => where.includes(word));
  });
}

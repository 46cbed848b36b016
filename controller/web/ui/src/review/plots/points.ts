// Points of a plot as the server thins them: one request for the part that is shown.
import uPlot from "uplot";

import { lastAtOrBefore, type Numbers, unpack } from "../arrays";
import { binary, path } from "../calls";

export interface Line {
  times: Numbers;
  values: Numbers;
  /** Whether two points stand for the lowest and highest value of many rows. */
  thinned: boolean;
  rows: number;
}

interface Header {
  series: { name: string; rows: number; thinned: boolean; total: number }[];
}

export function plotAddress(
  name: string,
  file: "plot" | "plot.csv",
  ids: string[],
  firstUs: number,
  beginS: number,
  endS: number,
  width = 0,
): string {
  const query = new URLSearchParams(ids.map((id) => ["series", id]));
  query.set("first_us", String(firstUs));
  query.set("from", String(beginS));
  query.set("to", String(endS));
  if (width) query.set("width", String(Math.round(width)));
  return path(name, `${file}?${query}`);
}

/** Read the lines of a part of the flight. Raises ApiError. */
export async function loadLines(address: string, signal: AbortSignal): Promise<Line[]> {
  const { header, arrays } = unpack<Header>(await binary(address, signal));
  return header.series.map((one, index) => ({
    times: arrays.get(`${index}.t`)!,
    values: arrays.get(`${index}.v`)!,
    thinned: one.thinned,
    rows: one.rows,
  }));
}

/** The lines on one time axis, as uPlot draws them. A value that is not a number is a gap. */
export function aligned(lines: Line[]): uPlot.AlignedData {
  const tables = lines.map(({ times, values }): uPlot.AlignedData => [
    times as Float64Array,
    Array.from(values, (value) => (Number.isFinite(value) ? value : null)),
  ]);
  if (tables.length === 0) return [[]];
  return tables.length === 1 ? tables[0]! : uPlot.join(tables);
}

/** The value at a moment, or the lowest and the highest of the rows that one pixel stands for. */
export function valueAt(line: Line, timeS: number): [number, number] | null {
  const at = lastAtOrBefore(line.times, timeS);
  if (at < 0) return null;
  const first = line.thinned ? at - (at % 2) : at;
  const values = line.thinned ? [line.values[first]!, line.values[first + 1] ?? line.values[first]!] : [line.values[at]!];
  const known = values.filter(Number.isFinite);
  return known.length > 0 ? [Math.min(...known), Math.max(...known)] : null;
}

/** As many digits as tell two neighbouring values apart. */
export function shown(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(3);
  return value.toFixed(size >= 1000 ? 1 : size >= 100 ? 2 : 3);
}

// The track in classes of colour: by height, speed or mode, each with its words for the legend.
import type * as GeoJSON from "geojson";

import { lastAtOrBefore } from "./arrays";
import type { Replay } from "./replay.svelte";

export type ColourBy = "height" | "speed" | "mode";
export const COLOURS_BY: readonly ColourBy[] = ["height", "speed", "mode"];
/** Tokens of the colours, low to high; modes take them in the order of their first use. */
export const SCALE = ["--scale-1", "--scale-2", "--scale-3", "--scale-4", "--scale-5"] as const;
const MOST_POINTS = 12_000;

export interface TrackClass {
  token: (typeof SCALE)[number];
  /** Words of the legend: "10–20 m", "AUTO". */
  label: string;
  /** Dash pattern of a mode beyond the fifth, so that no two look the same. */
  dashed: boolean;
}

export interface ColouredTrack {
  classes: TrackClass[];
  features: GeoJSON.Feature[];
  bounds: [[number, number], [number, number]] | null;
}

/** Round steps that take the range in at most five classes. */
export function steps(low: number, high: number): number[] {
  const rough = Math.max((high - low) / SCALE.length, 1e-6);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough)!;
  // A little below a round number is that number: 0 m, not -20 m for a start at -0.1 m.
  const begin = Math.floor(low / step + 0.15) * step;
  const edges = [begin];
  while (edges.at(-1)! < high && edges.length <= SCALE.length) edges.push(edges.at(-1)! + step);
  return edges;
}

export function colouredTrack(replay: Replay, by: ColourBy): ColouredTrack {
  const times = replay.arrays.get("position.t");
  const lats = replay.arrays.get("position.lat_deg");
  const lons = replay.arrays.get("position.lon_deg");
  if (!times || !lats || !lons || times.length < 2) return { classes: [], features: [], bounds: null };
  const stride = Math.max(1, Math.ceil(times.length / MOST_POINTS));
  const { classes, classOf } = classesOf(replay, by, stride);
  const features: GeoJSON.Feature[] = [];
  let line: [number, number][] = [];
  let current = -1;
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  let previous = NaN;
  for (let at = 0; at < times.length; at += stride) {
    let lon = lons[at]!;
    const lat = lats[at]!;
    // Across the antimeridian the line goes on beyond 180 degrees.
    if (lon - previous > 180) lon -= 360;
    else if (previous - lon > 180) lon += 360;
    previous = lon;
    west = Math.min(west, lon);
    east = Math.max(east, lon);
    south = Math.min(south, lat);
    north = Math.max(north, lat);
    const next = classOf(times[at]!, at);
    line.push([lon, lat]);
    if (next !== current) {
      if (line.length > 1) features.push(feature(line, current));
      line = [[lon, lat]];
      current = next;
    }
  }
  if (line.length > 1) features.push(feature(line, current));
  return { classes, features, bounds: [[west, south], [east, north]] };
}

function feature(line: [number, number][], kind: number): GeoJSON.Feature {
  return { type: "Feature", properties: { class: kind }, geometry: { type: "LineString", coordinates: line } };
}

function classesOf(
  replay: Replay,
  by: ColourBy,
  stride: number,
): { classes: TrackClass[]; classOf: (timeS: number, at: number) => number } {
  if (by === "mode") {
    const names = [...new Set(replay.header.modes.map((mode) => mode.name))];
    return {
      classes: names.map((label, index) => ({ token: SCALE[index % SCALE.length]!, label, dashed: index >= SCALE.length })),
      classOf: (timeS) => names.indexOf(replay.mode(timeS) ?? ""),
    };
  }
  const unit = by === "height" ? "m" : "m/s";
  const channel = by === "height" ? "altitude" : "speed";
  const own = replay.arrays.get(`${channel}.t`);
  let values = replay.arrays.get(by === "height" ? "altitude.home_m" : "speed.ground_m_s");
  if (by === "height" && values && !values.some(Number.isFinite)) values = replay.arrays.get("altitude.msl_m");
  if (!values || !own) return { classes: [], classOf: () => 0 };
  let [low, high] = [Infinity, -Infinity];
  for (let at = 0; at < values.length; at += stride) {
    const value = values[at]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(high > low)) return { classes: [], classOf: () => 0 };
  const edges = steps(low, high);
  const places = edges.some((edge) => edge % 1 !== 0) ? 1 : 0;
  return {
    classes: edges.slice(0, -1).map((edge, index) => ({
      token: SCALE[index]!,
      label: `${edge.toFixed(places)} – ${edges[index + 1]!.toFixed(places)} ${unit}`,
      dashed: false,
    })),
    classOf: (timeS) => {
      const value = values[Math.max(0, lastAtOrBefore(own, timeS))]!;
      let index = 0;
      while (index < edges.length - 2 && value >= edges[index + 1]!) index += 1;
      return index;
    },
  };
}

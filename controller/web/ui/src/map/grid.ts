// A grid of meridians and parallels for a view, with their degrees at its left and lower edges.
import type { FeatureCollection, LineString, Point } from "geojson";

export type GridData = FeatureCollection<LineString | Point>;
export const EMPTY: GridData = { type: "FeatureCollection", features: [] };

export interface Bounds {
  west: number;
  south: number;
  east: number;
  north: number;
}

const STEPS = [
  30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001, 0.00005, 0.00002,
];
const LEAST_PX = 130;
const MAX_LAT = 85;

/** The finest step, in degrees, whose lines are at least some 130 px apart. */
export function stepDeg(bounds: Bounds, widthPx: number): number {
  const degPerPx = (bounds.east - bounds.west) / Math.max(1, widthPx);
  let best = STEPS[0] as number;
  for (const step of STEPS) if (step / degPerPx >= LEAST_PX) best = step;
  return best;
}

/** Degrees with the places that the step needs: 47.25° N. */
export function degrees(value: number, step: number, positive: string, negative: string): string {
  const places = step >= 1 ? 0 : Math.ceil(-Math.log10(step) - 1e-9);
  const text = Math.abs(value).toFixed(places);
  return `${text}°${Number(text) % 180 === 0 ? "" : ` ${value > 0 ? positive : negative}`}`;
}

function multiples(from: number, to: number, step: number): number[] {
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.min(200, Math.floor(to / step + 1e-9) - first + 1);
  return Array.from({ length: Math.max(0, count) }, (_, index) => (first + index) * step);
}

const wrapped = (lon: number) => ((((lon + 180) % 360) + 360) % 360) - 180;

/** Room that the tools, the scale and the buttons at the edges of the map take, px: no degrees stand below them. */
const TAKEN_PX = { top: 64, bottom: 40, left: 112, right: 64 };

export function gridOf(bounds: Bounds, widthPx: number, heightPx: number): GridData {
  const step = stepDeg(bounds, widthPx);
  const south = Math.max(-MAX_LAT, bounds.south);
  const north = Math.min(MAX_LAT, bounds.north);
  const { west, east } = bounds;
  const features: GridData["features"] = [];
  const line = (coordinates: [number, number][]) =>
    features.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } });
  const label = (text: string, anchor: string, coordinates: [number, number]) =>
    features.push({ type: "Feature", properties: { text, anchor }, geometry: { type: "Point", coordinates } });
  for (const lat of multiples(south, north, step)) {
    line([
      [west, lat],
      [east, lat],
    ]);
    const y = ((north - lat) / (north - south)) * heightPx;
    if (y > TAKEN_PX.top && y < heightPx - TAKEN_PX.bottom) label(degrees(lat, step, "N", "S"), "left", [west, lat]);
  }
  for (const lon of multiples(west, east, step)) {
    line([
      [lon, south],
      [lon, north],
    ]);
    const x = ((lon - west) / (east - west)) * widthPx;
    if (x > TAKEN_PX.left && x < widthPx - TAKEN_PX.right)
      label(degrees(wrapped(lon), step, "E", "W"), "bottom", [lon, south]);
  }
  return { type: "FeatureCollection", features };
}

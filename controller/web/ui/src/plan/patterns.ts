// Surveys and corridors that were made here: their outline and settings, so that they can be changed again.
import type { LatLon, Plan } from "./model";

export interface PatternSettings {
  height_m: number;
  /** Distance of the lines; with a camera it follows from the side overlap. */
  spacing_m: number;
  /** Distance of the photos; 0: no photos. */
  trigger_m: number;
  angle_deg: number;
  overshoot_m: number;
  /** Width of a corridor. */
  width_m: number;
  crosshatch: boolean;
  camera: CameraSettings | null;
}

export interface CameraSettings {
  sensor_width_mm: number;
  sensor_height_mm: number;
  focal_mm: number;
  image_width_px: number;
  image_height_px: number;
  front_overlap: number;
  side_overlap: number;
}

export interface Pattern {
  kind: "survey" | "corridor";
  at: number;
  count: number;
  points: LatLon[];
  settings: PatternSettings;
}

export interface PatternFigures {
  photos: number;
  area_m2: number;
  length_m: number;
  lines: number;
  spacing_m: number;
  trigger_m: number;
  gsd_cm: number | null;
}

export function defaultSettings(kind: Pattern["kind"]): PatternSettings {
  return {
    height_m: 50,
    spacing_m: 25,
    trigger_m: 15,
    angle_deg: 0,
    overshoot_m: 10,
    width_m: kind === "corridor" ? 60 : 0,
    crosshatch: false,
    camera: null,
  };
}

const KEY = "landlinePatterns";

/** The patterns that a file of ours carries among its fields. */
export function storedPatterns(plan: Plan): Pattern[] {
  if (!plan.extra) return [];
  const found = (JSON.parse(plan.extra) as Record<string, unknown>)[KEY];
  if (!Array.isArray(found)) return [];
  return (found as Pattern[]).filter(
    (one) =>
      (one?.kind === "survey" || one?.kind === "corridor") &&
      Number.isInteger(one.at) &&
      Number.isInteger(one.count) &&
      one.at >= 0 &&
      one.count > 0 &&
      one.at + one.count <= plan.items.length &&
      Array.isArray(one.points) &&
      typeof one.settings === "object",
  );
}

/** The plan with these patterns among its fields; itself where they are there already, or where there are none. */
export function withStoredPatterns(plan: Plan, patterns: readonly Pattern[]): Plan {
  const before = storedPatterns(plan);
  if (JSON.stringify(before) === JSON.stringify(patterns)) return plan;
  const fields = (plan.extra ? JSON.parse(plan.extra) : {}) as Record<string, unknown>;
  delete fields[KEY];
  if (patterns.length > 0) fields[KEY] = patterns;
  return { ...plan, extra: Object.keys(fields).length > 0 ? JSON.stringify(fields) : "" };
}

// A plan as the server reads and writes it (controller/web/plans/plan_json.py). Angles in degrees, lengths in metres.

/** Seven parameters in MAVLink's order; null leaves the choice to the autopilot. 5, 6 and 7 are a position. */
export type Params = (number | null)[];

export interface PlanItem {
  command: number;
  frame: number;
  params: Params;
  autocontinue: boolean;
  /** Number by which jumps refer to this item; null: its place in the list. */
  jump_id: number | null;
  comment: string;
  extra: string;
  origin: string;
}

export interface PlanHome {
  lat_deg: number;
  lon_deg: number;
  alt_amsl_m: number;
  alt_known: boolean;
  comment: string;
}

export type LatLon = [number, number];

export interface FencePolygon {
  corners: LatLon[];
  inclusion: boolean;
}

export interface FenceCircle {
  center: LatLon;
  radius_m: number;
  inclusion: boolean;
}

export interface RallyPoint {
  lat_deg: number;
  lon_deg: number;
  alt_m: number;
  frame: number;
}

/** A pattern of a planner with its own JSON; its items stand in the plan from `at` on. */
export interface StoredPattern {
  kind: string;
  at: number;
  count: number;
  raw: string;
  origin: string;
}

export interface Plan {
  items: PlanItem[];
  home: PlanHome | null;
  fence: { polygons: FencePolygon[]; circles: FenceCircle[]; breach_return: RallyPoint | null };
  rally: RallyPoint[];
  cruise_speed_m_s: number | null;
  hover_speed_m_s: number | null;
  vehicle_type: number;
  firmware_type: number;
  patterns: StoredPattern[];
  comment: string;
  extra: string;
  source: { path: string; format: string; text: string; as_it_is: boolean } | null;
  notes: { what: string; why: string }[];
  /** What reading the file could not carry over; the check tells them. Older drafts have none. */
  losses?: { item: number; what: string; why: string; instead: string }[];
}

/** MAV_CMD and MAV_FRAME numbers that the editor itself uses; all others come from the server's description. */
export const CMD = {
  WAYPOINT: 16,
  LOITER_UNLIM: 17,
  LOITER_TURNS: 18,
  LOITER_TIME: 19,
  RETURN: 20,
  LAND: 21,
  TAKEOFF: 22,
  VTOL_TAKEOFF: 84,
  VTOL_LAND: 85,
  JUMP: 177,
  SPEED: 178,
  SET_CURRENT: 224,
  ROI: 195,
  ROI_NONE: 197,
  CAMERA_DISTANCE: 206,
} as const;
export const FRAME = { AMSL: 0, MISSION: 2, HOME: 3, TERRAIN: 10 } as const;

export const DEFAULT_HEIGHT_M = 30;
/** MAV_TYPE of a quadrotor: a new plan is for one until its type is chosen. */
const QUADROTOR = 2;

export function emptyPlan(): Plan {
  return {
    items: [],
    home: null,
    fence: { polygons: [], circles: [], breach_return: null },
    rally: [],
    cruise_speed_m_s: null,
    hover_speed_m_s: null,
    vehicle_type: QUADROTOR,
    firmware_type: 0,
    patterns: [],
    comment: "",
    extra: "",
    source: null,
    notes: [],
  };
}

export function isEmpty(plan: Plan): boolean {
  const { polygons, circles, breach_return } = plan.fence;
  return (
    plan.items.length + plan.patterns.length + polygons.length + circles.length + plan.rally.length === 0 &&
    breach_return === null
  );
}

export function newItem(command: number, frame: number, params: Params): PlanItem {
  return { command, frame, params, autocontinue: true, jump_id: null, comment: "", extra: "", origin: "" };
}

/** Latitude and longitude of an item; null without a place, as for 0, 0 and for an open position. */
export function placeOf(item: PlanItem): LatLon | null {
  const [, , , , lat, lon] = item.params;
  if (item.frame === FRAME.MISSION || typeof lat !== "number" || typeof lon !== "number") return null;
  return lat === 0 && lon === 0 ? null : [lat, lon];
}

export function heightOf(item: PlanItem): number | null {
  return item.params[6] ?? null;
}

/** The item at another place; seven decimals are a centimetre, as on the wire. */
export function movedTo(item: PlanItem, [lat, lon]: LatLon): PlanItem {
  return { ...item, params: [...item.params.slice(0, 4), round7(lat), round7(lon), item.params[6] ?? null] };
}

export function round7(degrees: number): number {
  return Math.round(degrees * 1e7) / 1e7;
}

/** The uninterpreted fields of an item without those that repeat its altitude reference. */
export function withoutReference(extra: string): string {
  if (!extra) return "";
  const fields = JSON.parse(extra) as Record<string, unknown>;
  for (const key of ["AltitudeMode", "Altitude", "AMSLAltAboveTerrain"]) delete fields[key];
  return Object.keys(fields).length > 0 ? JSON.stringify(fields) : "";
}

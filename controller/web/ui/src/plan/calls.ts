// Calls of the server's plan routes; see controller/web/plans/routes.py.
import { t } from "../lib/i18n.svelte";
import { ApiError, get, post } from "../lib/api";
import { credentials } from "../lib/session.svelte";
import type { LatLon, Plan } from "./model";
import type { PatternFigures, PatternSettings } from "./patterns";

export interface ParamDescription {
  number: number;
  label: string;
  text: string;
  units: string;
  min: number | null;
  max: number | null;
  step: number | null;
  choices: { value: number; name: string }[];
}

export interface CommandDescription {
  command: number;
  name: string;
  words: string;
  text: string;
  has_position: boolean;
  is_destination: boolean;
  points_to_an_item: boolean;
  params: ParamDescription[];
}

export interface Descriptions {
  commands: CommandDescription[];
  frames: { frame: number; reference: "home" | "amsl" | "terrain" | "none" }[];
  vehicle_types: { type: number; name: string }[];
}

export interface Format {
  name: string;
  title: string;
  endings: string[];
}

export interface Formats {
  written: Format[];
  read: string[];
  max_bytes: number;
}

export interface Finding {
  severity: "error" | "warning" | "note";
  /** Number of the item, from 1; 0 for the plan as a whole. */
  item: number;
  what: string;
  why: string;
}

export interface Leg {
  number: number;
  distance_m: number;
  from_alt_m: number;
  to_alt_m: number;
  /** Straight up first, and then level to its place. */
  climbs: boolean;
  /** Flown level to its place, and then down. */
  lands: boolean;
  path: LatLon[];
}

export interface Check {
  findings: Finding[];
  errors: number;
  warnings: number;
  checked_for?: string;
  figures: {
    text: string;
    contents: string;
    distance_m: number;
    duration_s: number;
    max_alt_m: number;
    farthest_m: number;
    endless: number;
  } | null;
  legs: Leg[];
  rows: { parameters: string; distance_m: number | null }[];
  home: { lat_deg: number; lon_deg: number; alt_amsl_m: number | null } | null;
}

export interface Loss {
  item: number;
  what: string;
  why: string;
  instead: string;
}

export interface CheckFor {
  aircraft: string | null;
  autopilot: string | null;
  max_alt_m: number | null;
}

/** The plan without the text of its file, for calls that do not need it. */
function light(plan: Plan): Plan {
  return plan.source ? { ...plan, source: { ...plan.source, text: "", as_it_is: false } } : plan;
}

export const describeCommands = () => get<Descriptions>("/api/plans/commands");
export const formats = () => get<Formats>("/api/plans/formats");

export function check(plan: Plan, options: CheckFor): Promise<Check> {
  return post<Check>("/api/plans/check", { plan: light(plan), ...options });
}

/** `homeRow` says whether row 0 of QGC WPL text is home; "" leaves it to the reader. */
export function open(file: Blob, name: string, homeRow: "" | "yes" | "no" = ""): Promise<{ plan: Plan; contents: string }> {
  const asked = homeRow ? `&home_row=${homeRow}` : "";
  return post(`/api/plans/open?name=${encodeURIComponent(name)}${asked}`, file);
}

export interface Shape {
  kind: "area" | "line";
  name: string;
  points: LatLon[];
}

/** Areas and lines of a KML, KMZ, GPX or GeoJSON file, and what was not taken. */
export function shapes(file: File): Promise<{ shapes: Shape[]; notes: string[] }> {
  return post(`/api/plans/shapes?name=${encodeURIComponent(file.name)}`, file);
}

export function losses(plan: Plan, format: string): Promise<{ losses: Loss[]; unchanged: boolean }> {
  return post("/api/plans/losses", { plan, format });
}

/** The plan as a file with the name that fits its format. */
export async function save(plan: Plan, format: string, name: string): Promise<{ file: Blob; name: string }> {
  const response = await fetch(`/api/plans/save?name=${encodeURIComponent(name)}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...credentials() },
    body: JSON.stringify({ plan, format }),
  });
  if (!response.ok) {
    const body = (await response.json().catch(() => ({}))) as { error?: string };
    throw new ApiError(body.error ?? t("server.answered", { status: response.status }), response.status);
  }
  const header = response.headers.get("Content-Disposition") ?? "";
  const named = /filename\*=UTF-8''(\S+)/.exec(header)?.[1];
  return { file: await response.blob(), name: named ? decodeURIComponent(named) : name };
}

export interface Generated {
  items: Plan["items"];
  figures: PatternFigures;
}

/** The items of a survey or corridor, which begins at the end nearest to `start`. */
export function generate(
  kind: string,
  points: LatLon[],
  settings: PatternSettings,
  start: LatLon | null,
): Promise<Generated> {
  return post("/api/plans/pattern", { kind, points, settings, start });
}

export interface Difference {
  kind: "changed" | "only planned" | "only on board";
  number: number | null;
  onboard_number: number | null;
  command: string;
  fields: { name: string; planned: string; onboard: string }[];
}

export interface AreaComparison {
  name: string;
  same: boolean;
  planned: string;
  onboard: string;
}

export interface Comparison {
  items: Difference[];
  contents: string;
  onboard_items: number;
  has_items: boolean;
  fence: AreaComparison;
  rally: AreaComparison;
  notes: string[];
}

/** Send a plan for the order `upload_plan`; returns its id. */
export async function stage(plan: Plan): Promise<string> {
  return (await post<{ plan: string }>("/api/plans/stage", { plan: light(plan) })).plan;
}

export function readOnboard(aircraft: string): Promise<{ plan: Plan; contents: string }> {
  return post("/api/plans/onboard", { aircraft });
}

export function compare(plan: Plan, aircraft: string): Promise<Comparison> {
  return post("/api/plans/compare", { plan: light(plan), aircraft });
}

export function progress(aircraft: string): Promise<{ done: number; total: number; text: string }> {
  return get(`/api/plans/progress?aircraft=${encodeURIComponent(aircraft)}`);
}

// What a click on the free map does with each tool, and new items and areas without a pointer.
import { live } from "../lib/live.svelte";
import { editor, type Tool } from "./editor.svelte";
import { offset, square } from "./geometry";
import { CMD, DEFAULT_HEIGHT_M, FRAME, heightOf, type LatLon, newItem, type PlanItem, placeOf, round7 } from "./model";
import { make } from "./surveying";

/** Tools that take several points, and how many they need. */
export const SHAPES: Partial<Record<Tool, number>> = { "fence-polygon": 3, survey: 3, corridor: 2 };

/** Frame and height of a new item: those of the last place before it. */
function heightAt(at: number): { frame: number; height: number } {
  for (let index = at - 1; index >= 0; index--) {
    const item = editor.plan.items[index] as PlanItem;
    const height = heightOf(item);
    if (placeOf(item) && height !== null && height > 0 && item.command !== CMD.ROI) return { frame: item.frame, height };
  }
  return { frame: FRAME.HOME, height: DEFAULT_HEIGHT_M };
}

function itemAt(command: number, place: LatLon): PlanItem {
  const { frame, height } = heightAt(editor.insertAt());
  const [lat, lon] = [round7(place[0]), round7(place[1])];
  switch (command) {
    case CMD.TAKEOFF:
      return newItem(command, FRAME.HOME, [0, 0, 0, null, lat, lon, height]);
    case CMD.LAND:
      return newItem(command, FRAME.HOME, [0, 0, 0, null, lat, lon, 0]);
    case CMD.LOITER_TIME:
      return newItem(command, frame, [30, 0, 0, null, lat, lon, height]);
    case CMD.ROI:
      return newItem(command, FRAME.HOME, [0, 0, 0, 0, lat, lon, 0]);
    default:
      return newItem(command, frame, [0, 0, 0, null, lat, lon, height]);
  }
}

/** Items without a place, added after the selected one. */
export function addPlain(command: number): void {
  const params: Record<number, number[]> = {
    [CMD.SPEED]: [1, 5, -1, 0, 0, 0, 0],
    [CMD.CAMERA_DISTANCE]: [10, 0, 1, 0, 0, 0, 0],
    [CMD.ROI_NONE]: [0, 0, 0, 0, 0, 0, 0],
  };
  editor.insert([newItem(command, FRAME.MISSION, params[command] ?? [0, 0, 0, 0, 0, 0, 0])]);
  editor.tab = "items";
}

/** A new item beside the selected one, for those who type coordinates. */
export function addBeside(command: number, mapCenter: LatLon): void {
  const before = [...editor.plan.items.slice(0, editor.insertAt())].reverse().map(placeOf).find((one) => one !== null);
  const home = editor.plan.home;
  const start = before ?? (home ? ([home.lat_deg, home.lon_deg] as LatLon) : null) ?? aircraftPlace() ?? mapCenter;
  rememberHome();
  editor.insert([itemAt(command, before ? offset(start, 50, 0) : start)]);
  editor.tab = "items";
}

export function aircraftPlace(): LatLon | null {
  const home = live.selected?.state.home;
  const position = live.selected?.state.position;
  if (position?.has_place) return [position.lat_deg, position.lon_deg];
  return home ? [home.lat_deg, home.lon_deg] : null;
}

/** A plan without a home is given that of the selected aircraft. */
function rememberHome(): void {
  const home = live.selected?.state.home;
  if (editor.plan.home || !home || editor.plan.items.length > 0) return;
  editor.applyPlan({ home: { ...home, alt_known: true, comment: "" } }, "first item");
}

const COMMANDS: Partial<Record<Tool, number>> = {
  takeoff: CMD.TAKEOFF,
  waypoint: CMD.WAYPOINT,
  loiter: CMD.LOITER_TIME,
  land: CMD.LAND,
  roi: CMD.ROI,
};

/** A click on the map where nothing is. */
export function clicked(place: LatLon): void {
  const point: LatLon = [round7(place[0]), round7(place[1])];
  const { tool } = editor;
  const command = COMMANDS[tool];
  if (command !== undefined) {
    rememberHome();
    editor.insert([itemAt(command, point)]);
    editor.tab = "items";
    if (command !== CMD.WAYPOINT) editor.tool = command === CMD.TAKEOFF ? "waypoint" : "select";
  } else if (tool === "select") editor.select([]);
  else if (tool in SHAPES) editor.drawn = [...editor.drawn, point];
  else {
    placeArea(tool, point);
    editor.tool = "select";
  }
}

function placeArea(tool: Tool, [lat_deg, lon_deg]: LatLon): void {
  const { rally, home } = editor.plan;
  editor.tab = "areas";
  if (tool === "home") {
    editor.applyPlan({ home: { alt_amsl_m: 0, alt_known: false, comment: "", ...home, lat_deg, lon_deg } });
    editor.choose({ kind: "home" });
  } else if (tool === "rally") {
    const height = rally.at(-1)?.alt_m ?? DEFAULT_HEIGHT_M;
    editor.applyPlan({ rally: [...rally, { lat_deg, lon_deg, alt_m: height, frame: FRAME.HOME }] });
    editor.choose({ kind: "rally", index: rally.length });
  } else if (tool === "fence-circle") addCircle([lat_deg, lon_deg]);
}

export function addCircle(center: LatLon): void {
  const { fence } = editor.plan;
  const circles = [...fence.circles, { center, radius_m: 100, inclusion: fence.polygons.length === 0 }];
  editor.applyPlan({ fence: { ...fence, circles } });
  editor.choose({ kind: "circle", index: circles.length - 1 });
}

export function addPolygon(corners: LatLon[]): void {
  const { fence } = editor.plan;
  const inclusion = !fence.polygons.some((one) => one.inclusion);
  const rounded = corners.map(([lat, lon]): LatLon => [round7(lat), round7(lon)]);
  const polygons = [...fence.polygons, { corners: rounded, inclusion }];
  editor.applyPlan({ fence: { ...fence, polygons } });
  editor.choose({ kind: "polygon", index: polygons.length - 1 });
  editor.tab = "areas";
}

/** Waypoints of a line, after the selected item. */
export function addWaypoints(line: readonly LatLon[]): void {
  rememberHome();
  editor.insert(line.map((place) => itemAt(CMD.WAYPOINT, place)));
  editor.tab = "items";
}

/** A square around a place, whose corners are then typed. */
export function addSquare(center: LatLon): void {
  addPolygon(square(center, 100));
}

/** The shape that is drawn is complete. */
export function finishShape(): void {
  const { tool, drawn } = editor;
  if (drawn.length < (SHAPES[tool] ?? Infinity)) return;
  editor.drawn = [];
  editor.tool = "select";
  if (tool === "fence-polygon") addPolygon(drawn);
  else if (tool === "survey" || tool === "corridor") void make(tool, drawn);
}

export function chooseTool(tool: Tool): void {
  editor.drawn = [];
  editor.tool = editor.tool === tool ? "select" : tool;
}

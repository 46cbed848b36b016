// What dragging a point of the map does to the plan, and what a click on a handle does.
import { editor } from "../editor.svelte";
import { distanceM, northEast, offset } from "../geometry";
import { type LatLon, movedTo, newItem, type PlanItem, placeOf, round7 } from "../model";
import { outlineMoved } from "../surveying";
import type { Handle } from "./scene";

function rounded([lat, lon]: LatLon): LatLon {
  return [round7(lat), round7(lon)];
}

function replaced<T>(all: readonly T[], index: number, by: T): T[] {
  return all.map((one, at) => (at === index ? by : one));
}

/** Select what a handle belongs to. */
export function pick(handle: Handle, add: boolean): void {
  const { kind, index } = handle;
  if (kind === "item") {
    if (add) {
      if (editor.selected.has(index)) editor.selected.delete(index);
      else editor.selected.add(index);
      editor.chosen = null;
    } else if (!editor.selected.has(index)) editor.select([index]);
    editor.tab = "items";
  } else if (kind === "corner" || kind === "edge") choose({ kind: "polygon", index });
  else if (kind === "center" || kind === "radius") choose({ kind: "circle", index });
  else if (kind === "rally") choose({ kind: "rally", index });
  else if (kind === "return") choose({ kind: "return" });
  else if (kind === "home") choose({ kind: "home" });
  else if (kind === "outline" || kind === "side") {
    if (index >= 0) editor.choose({ kind: "pattern", index });
  }
}

function choose(chosen: NonNullable<typeof editor.chosen>): void {
  editor.choose(chosen);
  editor.tab = "areas";
}

/** Make the point of a "+" handle; returns the handle of the new point, to be dragged on. */
export function grown(handle: Handle, place: LatLon): Handle {
  const { kind, index, sub } = handle;
  if (kind === "between") {
    const model = editor.plan.items[index] as PlanItem;
    const next = editor.plan.items[sub] as PlanItem;
    const height = placeOf(next) ? next.params[6] : model.params[6];
    const frame = placeOf(next) ? next.frame : model.frame;
    editor.insert([newItem(16, frame, [0, 0, 0, null, ...rounded(place), height ?? null])], sub);
    return { kind: "item", index: sub, sub: 0 };
  }
  if (kind === "edge") {
    const { fence } = editor.plan;
    const polygon = fence.polygons[index];
    if (!polygon) return handle;
    const corners = polygon.corners.toSpliced(sub + 1, 0, rounded(place));
    editor.applyPlan({ fence: { ...fence, polygons: replaced(fence.polygons, index, { ...polygon, corners }) } });
    return { kind: "corner", index, sub: sub + 1 };
  }
  if (kind === "side") {
    const pattern = editor.doc.patterns[index];
    if (!pattern) return handle;
    outlineMoved(index, pattern.points.toSpliced(sub + 1, 0, rounded(place)));
    return { kind: "outline", index, sub: sub + 1 };
  }
  return handle;
}

/** Move the point of a handle to a place; several selected items move together. */
export function dragTo(handle: Handle, to: LatLon): void {
  const { kind, index, sub } = handle;
  const place = rounded(to);
  const { plan } = editor;
  const merge = `drag ${kind} ${index} ${sub}`;
  if (kind === "item") dragItems(index, place, merge);
  else if (kind === "home") {
    const home = plan.home ?? { alt_amsl_m: 0, alt_known: false, comment: "", lat_deg: 0, lon_deg: 0 };
    editor.applyPlan({ home: { ...home, lat_deg: place[0], lon_deg: place[1] } }, merge);
  } else if (kind === "rally") {
    const point = plan.rally[index];
    if (!point) return;
    editor.applyPlan({ rally: replaced(plan.rally, index, { ...point, lat_deg: place[0], lon_deg: place[1] }) }, merge);
  } else if (kind === "outline" && index >= 0) {
    const pattern = editor.doc.patterns[index];
    if (pattern) outlineMoved(index, replaced(pattern.points, sub, place), merge);
  } else dragFence(handle, place, merge);
}

function dragItems(index: number, place: LatLon, merge: string): void {
  const item = editor.plan.items[index];
  const from = item ? placeOf(item) : null;
  if (!item || !from) return;
  const [north, east] = northEast(from, place);
  const together = editor.selected.has(index) ? [...editor.selected] : [index];
  const news = new Map<number, PlanItem>();
  for (const one of together) {
    const other = editor.plan.items[one];
    const at = other ? placeOf(other) : null;
    if (other && at) news.set(one, movedTo(other, one === index ? place : offset(at, north, east)));
  }
  editor.change(news, merge);
}

function dragFence({ kind, index, sub }: Handle, place: LatLon, merge: string): void {
  const { fence } = editor.plan;
  const polygon = fence.polygons[index];
  const circle = fence.circles[index];
  if (kind === "corner" && polygon) {
    const corners = replaced(polygon.corners, sub, place);
    editor.applyPlan({ fence: { ...fence, polygons: replaced(fence.polygons, index, { ...polygon, corners }) } }, merge);
  } else if (kind === "center" && circle) {
    const circles = replaced(fence.circles, index, { ...circle, center: place });
    editor.applyPlan({ fence: { ...fence, circles } }, merge);
  } else if (kind === "radius" && circle) {
    const radius_m = Math.max(1, Math.round(distanceM(circle.center, place)));
    editor.applyPlan({ fence: { ...fence, circles: replaced(fence.circles, index, { ...circle, radius_m }) } }, merge);
  } else if (kind === "return" && fence.breach_return) {
    const breach_return = { ...fence.breach_return, lat_deg: place[0], lon_deg: place[1] };
    editor.applyPlan({ fence: { ...fence, breach_return } }, merge);
  }
}

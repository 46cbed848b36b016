// The plan as GeoJSON for the map: lines, areas, and points that can be dragged.
import type { Feature, FeatureCollection, Position } from "geojson";

import type { Check } from "../calls";
import type { Doc } from "../edit";
import type { Chosen, Tool } from "../editor.svelte";
import { bounds, circlePoints, midpoint, offset, placesOf, segmentsOf, toLonLat } from "../geometry";
import { CMD, type LatLon, placeOf } from "../model";

/** A point of the plan that a pointer can take: `sub` is the corner, `from` the item before a new one. */
export interface Handle {
  kind: "item" | "between" | "home" | "rally" | "return" | "corner" | "edge" | "center" | "radius" | "outline" | "side";
  index: number;
  sub: number;
}

export interface SceneInput {
  doc: Doc;
  /** The answer that belongs to this plan, null until it is there. */
  check: Check | null;
  selected: ReadonlySet<number>;
  chosen: Chosen;
  drawn: readonly LatLon[];
  tool: Tool;
  isDestination: (command: number) => boolean;
  home: LatLon | null;
}

/** With more items than this, new ones are inserted at the selected item only: handles on all legs would cover the map. */
const HANDLES_UP_TO = 150;

/** Arrows and a line of its own for each leg up to so many; more are one line. */
const ARROWS_UP_TO = 300;

/** The flown path, and a shape that is being drawn. */
export function linesOf({ doc, check, isDestination, drawn, tool }: Omit<SceneInput, "selected" | "chosen" | "home">) {
  const lines: Feature[] = [];
  const legs =
    check && check.legs.length > 0
      ? check.legs.map((leg) => toLonLat(leg.path))
      : segmentsOf(doc.plan, isDestination).map((segment) => toLonLat(segment.points));
  if (legs.length <= ARROWS_UP_TO) for (const leg of legs) lines.push(line(leg, { kind: "path" }));
  else lines.push({ type: "Feature", properties: { kind: "way" }, geometry: { type: "MultiLineString", coordinates: legs } });
  if (drawn.length > 1) {
    const closed = tool !== "corridor" && drawn.length > 2;
    lines.push(line(toLonLat(closed ? [...drawn, drawn[0] as LatLon] : drawn), { kind: "drawn" }));
  }
  return set(lines);
}

/** Fences, and the outlines of surveys and corridors. */
export function areasOf(doc: Doc, chosen: Chosen): FeatureCollection {
  const areas: Feature[] = [];
  const active = (kind: string, index: number) => chosen?.kind === kind && "index" in chosen && chosen.index === index;
  doc.plan.fence.polygons.forEach(({ corners, inclusion }, index) => {
    areas.push(polygon(corners, { kind: inclusion ? "inside" : "outside", active: active("polygon", index) }));
  });
  doc.plan.fence.circles.forEach(({ center, radius_m, inclusion }, index) => {
    const kind = inclusion ? "inside" : "outside";
    areas.push(polygon(circlePoints(center, radius_m), { kind, active: active("circle", index) }));
  });
  doc.patterns.forEach((pattern, index) => {
    const properties = { kind: "pattern", active: active("pattern", index) };
    if (pattern.kind === "survey") areas.push(polygon(pattern.points, properties));
    else areas.push(line(toLonLat(pattern.points), properties));
  });
  return set(areas);
}

/** Points that can be taken. */
export function pointsOf(input: SceneInput): FeatureCollection {
  const points: Feature[] = [];
  drawBetween(input, points);
  drawFence(input, points);
  drawPatterns(input, points);
  drawPlaces(input, points);
  drawItems(input, points);
  input.drawn.forEach((place, sub) => {
    points.push(point(place, { kind: "outline", index: -1, sub, label: String(sub + 1), active: true }));
  });
  return set(points);
}

function set(features: Feature[]): FeatureCollection {
  return { type: "FeatureCollection", features };
}

function line(coordinates: Position[], properties: Record<string, unknown>): Feature {
  return { type: "Feature", properties, geometry: { type: "LineString", coordinates } };
}

function point(place: LatLon, properties: Handle & Record<string, unknown>): Feature {
  return { type: "Feature", properties, geometry: { type: "Point", coordinates: [place[1], place[0]] } };
}

function polygon(corners: LatLon[], properties: Record<string, unknown>): Feature {
  const ring = toLonLat([...corners, corners[0] as LatLon]);
  return { type: "Feature", properties, geometry: { type: "Polygon", coordinates: [ring] } };
}

function drawBetween({ doc, selected, isDestination }: SceneInput, points: Feature[]): void {
  const segments = segmentsOf(doc.plan, isDestination);
  const few = segments.length <= HANDLES_UP_TO;
  const within = (from: number, to: number) => doc.patterns.some(({ at, count }) => from >= at && to < at + count);
  for (const { from, to, points: ends } of segments) {
    if (within(from, to)) continue;
    if (!few && !selected.has(from) && !selected.has(to)) continue;
    points.push(point(midpoint(...ends), { kind: "between", index: from, sub: to, label: "+" }));
  }
}

function drawFence({ doc, chosen }: SceneInput, points: Feature[]): void {
  const { polygons, circles, breach_return } = doc.plan.fence;
  polygons.forEach(({ corners }, index) => {
    const active = chosen?.kind === "polygon" && chosen.index === index;
    corners.forEach((corner, sub) => {
      points.push(point(corner, { kind: "corner", index, sub, active }));
      if (!active) return;
      const next = corners[(sub + 1) % corners.length] as LatLon;
      points.push(point(midpoint(corner, next), { kind: "edge", index, sub, label: "+" }));
    });
  });
  circles.forEach(({ center, radius_m }, index) => {
    const active = chosen?.kind === "circle" && chosen.index === index;
    points.push(point(center, { kind: "center", index, sub: 0, active }));
    points.push(point(offset(center, 0, radius_m), { kind: "radius", index, sub: 0, active }));
  });
  if (breach_return) {
    const place: LatLon = [breach_return.lat_deg, breach_return.lon_deg];
    points.push(point(place, { kind: "return", index: 0, sub: 0, label: "B", active: chosen?.kind === "return" }));
  }
}

function drawPatterns({ doc, chosen }: SceneInput, points: Feature[]): void {
  doc.patterns.forEach((pattern, index) => {
    const active = chosen?.kind === "pattern" && chosen.index === index;
    if (!active) return;
    const closed = pattern.kind === "survey";
    pattern.points.forEach((corner, sub) => {
      points.push(point(corner, { kind: "outline", index, sub, active }));
      if (!closed && sub === pattern.points.length - 1) return;
      const next = pattern.points[(sub + 1) % pattern.points.length] as LatLon;
      points.push(point(midpoint(corner, next), { kind: "side", index, sub, label: "+" }));
    });
  });
}

function drawPlaces({ doc, chosen, home }: SceneInput, points: Feature[]): void {
  doc.plan.rally.forEach(({ lat_deg, lon_deg }, index) => {
    const active = chosen?.kind === "rally" && chosen.index === index;
    points.push(point([lat_deg, lon_deg], { kind: "rally", index, sub: 0, label: "R", active }));
  });
  if (home) points.push(point(home, { kind: "home", index: 0, sub: 0, label: "H", active: chosen?.kind === "home" }));
}

function drawItems({ doc, check, selected, isDestination }: SceneInput, points: Feature[]): void {
  const bad = new Map<number, string>();
  for (const { item, severity } of check?.findings ?? []) {
    if (item > 0 && severity !== "note" && bad.get(item) !== "error") bad.set(item, severity);
  }
  const inPattern = new Set<number>();
  for (const { at, count } of doc.patterns) for (let step = 0; step < count; step++) inPattern.add(at + step);
  doc.plan.items.forEach((item, index) => {
    const place = placeOf(item);
    if (!place || item.command === CMD.RETURN) return;
    const problem = bad.get(index + 1) ?? "";
    const label = problem === "error" ? `${index + 1}!` : String(index + 1);
    const part = inPattern.has(index);
    const aside = !isDestination(item.command);
    points.push(point(place, { kind: "item", index, sub: 0, label, active: selected.has(index), problem, part, aside }));
  });
}

export function boundsOf(doc: Doc): [[number, number], [number, number]] | null {
  return bounds([...placesOf(doc.plan), ...doc.patterns.flatMap((one) => one.points)]);
}

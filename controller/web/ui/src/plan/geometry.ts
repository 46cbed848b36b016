// Distances and shapes on the map: good to a few millimetres a hundred metres; the figures of a plan are the server's.
import { CMD, type LatLon, type Plan, placeOf } from "./model";

export const METRES_PER_DEGREE = 111_194.93;

function cosine(latDeg: number): number {
  return Math.max(Math.cos((latDeg * Math.PI) / 180), 1e-9);
}

/** Longitude difference in [-180, 180). */
function wrapped(degrees: number): number {
  return ((((degrees + 180) % 360) + 360) % 360) - 180;
}

export function northEast(origin: LatLon, point: LatLon): [number, number] {
  return [
    (point[0] - origin[0]) * METRES_PER_DEGREE,
    wrapped(point[1] - origin[1]) * METRES_PER_DEGREE * cosine((origin[0] + point[0]) / 2),
  ];
}

export function offset(origin: LatLon, north: number, east: number): LatLon {
  return [origin[0] + north / METRES_PER_DEGREE, wrapped(origin[1] + east / (METRES_PER_DEGREE * cosine(origin[0])))];
}

export function distanceM(one: LatLon, two: LatLon): number {
  return Math.hypot(...northEast(one, two));
}

export function midpoint(one: LatLon, two: LatLon): LatLon {
  return [(one[0] + two[0]) / 2, wrapped(one[1] + wrapped(two[1] - one[1]) / 2)];
}

export function circlePoints(center: LatLon, radiusM: number): LatLon[] {
  return Array.from({ length: 65 }, (_, step) => {
    const angle = (step / 64) * 2 * Math.PI;
    return offset(center, radiusM * Math.cos(angle), radiusM * Math.sin(angle));
  });
}

/** A square of this half side, for a polygon that is made without a pointer. */
export function square(center: LatLon, halfM: number): LatLon[] {
  return [
    offset(center, halfM, -halfM),
    offset(center, halfM, halfM),
    offset(center, -halfM, halfM),
    offset(center, -halfM, -halfM),
  ];
}

/** Points as MapLibre takes them: longitude first; each within half a turn of the one before, over the date line too. */
export function toLonLat(points: readonly LatLon[]): [number, number][] {
  let before: number | null = null;
  return points.map(([lat, lon]) => {
    const near: number = before === null ? lon : before + wrapped(lon - before);
    before = near;
    return [near, lat];
  });
}

/** All places of a plan, for the section of the map that shows it. */
export function placesOf(plan: Plan): LatLon[] {
  const places: LatLon[] = plan.items.map(placeOf).filter((one) => one !== null);
  if (plan.home) places.push([plan.home.lat_deg, plan.home.lon_deg]);
  for (const polygon of plan.fence.polygons) places.push(...polygon.corners);
  for (const circle of plan.fence.circles) places.push(...circlePoints(circle.center, circle.radius_m));
  for (const point of plan.rally) places.push([point.lat_deg, point.lon_deg]);
  return places;
}

/** South-west and north-east corner as longitude, latitude; null without a place. */
export function bounds(places: readonly LatLon[]): [[number, number], [number, number]] | null {
  const points = toLonLat(places);
  if (points.length === 0) return null;
  const lons = points.map((one) => one[0]);
  const lats = points.map((one) => one[1]);
  const least = (all: number[]) => all.reduce((one, two) => Math.min(one, two));
  const most = (all: number[]) => all.reduce((one, two) => Math.max(one, two));
  return [
    [least(lons), least(lats)],
    [most(lons), most(lats)],
  ];
}

export interface Segment {
  /** Indices of the items at its ends. */
  from: number;
  to: number;
  points: [LatLon, LatLon];
}

/** Straight lines between the places flown to, in the order of the list: what is shown until the server has answered. */
export function segmentsOf(plan: Plan, isDestination: (command: number) => boolean): Segment[] {
  const segments: Segment[] = [];
  let before: { index: number; place: LatLon } | null = null;
  plan.items.forEach((item, index) => {
    if (!isDestination(item.command) && item.command !== CMD.RETURN) return;
    const home: LatLon | null = plan.home ? [plan.home.lat_deg, plan.home.lon_deg] : null;
    const place = item.command === CMD.RETURN ? home : placeOf(item);
    if (!place) return;
    if (before) segments.push({ from: before.index, to: index, points: [before.place, place] });
    before = { index, place };
  });
  return segments;
}

// The flown path by its length: heights above home, and the place of a distance.
import type { Leg } from "./calls";
import { distanceM } from "./geometry";
import type { LatLon } from "./model";

export interface ProfilePoint {
  /** Distance flown, m. */
  atM: number;
  heightM: number;
  place: LatLon;
  /** Number of the item that the leg leads to, from 1; 0 at the start. */
  item: number;
  /** Whether the item is reached here. */
  end: boolean;
}

export function profileOf(legs: readonly Leg[]): ProfilePoint[] {
  const points: ProfilePoint[] = [];
  let atM = 0;
  for (const leg of legs) {
    const first = leg.path[0];
    if (!first) continue;
    if (points.length === 0) points.push({ atM: 0, heightM: leg.from_alt_m, place: first, item: 0, end: true });
    const lengths = leg.path.slice(1).map((place, index) => distanceM(leg.path[index] as LatLon, place));
    if (leg.climbs) points.push({ atM, heightM: leg.to_alt_m, place: first, item: leg.number, end: false });
    const total = lengths.reduce((sum, one) => sum + one, 0);
    let along = 0;
    leg.path.slice(1).forEach((place, index) => {
      along += lengths[index] as number;
      const part = total > 0 ? along / total : 1;
      const sloping = leg.from_alt_m + (leg.to_alt_m - leg.from_alt_m) * part;
      const heightM = leg.climbs ? leg.to_alt_m : leg.lands ? leg.from_alt_m : sloping;
      const end = index === leg.path.length - 2 && !leg.lands;
      points.push({ atM: atM + along, heightM, place, item: leg.number, end });
    });
    atM += total;
    const last = leg.path.at(-1);
    if (leg.lands && last) points.push({ atM, heightM: leg.to_alt_m, place: last, item: leg.number, end: true });
  }
  return points;
}

/** The place at a distance along the path; null outside it. */
export function placeAt(points: readonly ProfilePoint[], atM: number): LatLon | null {
  const after = points.findIndex((one) => one.atM >= atM);
  const two = points[after];
  if (!two) return null;
  const one = points[Math.max(0, after - 1)] as ProfilePoint;
  const part = two.atM > one.atM ? (atM - one.atM) / (two.atM - one.atM) : 1;
  return [
    one.place[0] + (two.place[0] - one.place[0]) * part,
    one.place[1] + (two.place[1] - one.place[1]) * part,
  ];
}

// Words and places of the values that the fly view shows.
import { fixed, NO_VALUE } from "../lib/format";

/** A distance: 12 m, 950 m, 1.25 km, 13.4 km. */
export function distance(metres: number | null | undefined): string {
  if (metres === null || metres === undefined || !Number.isFinite(metres)) return NO_VALUE;
  if (metres < 1000) return `${Math.round(metres)} m`;
  return `${(metres / 1000).toFixed(metres < 10_000 ? 2 : 1)} km`;
}

/** A direction as three digits: 007°, 360° is 000°. */
export function direction(degrees: number | null | undefined): string {
  if (degrees === null || degrees === undefined || !Number.isFinite(degrees)) return NO_VALUE;
  return `${String(((Math.round(degrees) % 360) + 360) % 360).padStart(3, "0")}°`;
}

/** A number that always carries its sign: +1.2, −0.4, 0.0. */
export function signed(value: number | null | undefined, places: number): string {
  const text = fixed(value, places);
  if (text === NO_VALUE || Number(text) === 0) return text.replace("-", "");
  return text.startsWith("-") ? `−${text.slice(1)}` : `+${text}`;
}

/** A latitude and longitude to 1 m. */
export function placeText(lat_deg: number, lon_deg: number): string {
  return `${lat_deg.toFixed(5)}, ${lon_deg.toFixed(5)}`;
}

/** The time of day of an ISO time, UTC: 14:03:22. */
export function timeOfDay(utc: string): string {
  return /T(\d\d:\d\d:\d\d)/.exec(utc)?.[1] ?? utc;
}

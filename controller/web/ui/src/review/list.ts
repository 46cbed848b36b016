// Search and order of the list of flights.
import type { FlightRow } from "./types";
import { endOf, outcomeText } from "./words";

export interface Search {
  text: string;
  aircraft: string;
  outcome: string;
  from: string;
  to: string;
}

export type Column =
  | "flown_utc"
  | "aircraft"
  | "duration_s"
  | "distance_m"
  | "max_alt_m"
  | "outcome"
  | "warnings";

export interface Order {
  column: Column;
  descending: boolean;
}

export const NO_SEARCH: Search = { text: "", aircraft: "", outcome: "", from: "", to: "" };

/** The rows that match every word and every choice; days are those of this computer's time zone. */
export function found(rows: FlightRow[], search: Search): FlightRow[] {
  const words = search.text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (search.aircraft && row.aircraft !== search.aircraft) return false;
    if (search.outcome && endOf(row) !== search.outcome) return false;
    const day = localDay(row.flown_utc);
    if ((search.from && day < search.from) || (search.to && day > search.to)) return false;
    if (words.length === 0) return true;
    const text = `${row.flight} ${row.aircraft} ${row.firmware ?? ""} ${endOf(row)} ${row.modes ?? ""} ${day}`;
    return words.every((word) => text.toLowerCase().includes(word));
  });
}

export function ordered(rows: FlightRow[], order: Order): FlightRow[] {
  const sign = order.descending ? -1 : 1;
  const key = (row: FlightRow): string | number =>
    order.column === "outcome"
      ? outcomeText(endOf(row))
    : order.column === "warnings"
      ? (row.warnings ?? -1) * 1e6 + (row.aircraft_warnings ?? 0)
      : (row[order.column] ?? (typeof row.duration_s === "number" ? -1 : -2));
  return [...rows].sort((one, other) => {
    const [a, b] = [key(one), key(other)];
    if (typeof a === "string" || typeof b === "string") return sign * String(a).localeCompare(String(b));
    return sign * (a - b);
  });
}

/** The day in this computer's time zone, as 2026-05-17. */
export function localDay(utc: string): string {
  const at = new Date(utc);
  if (Number.isNaN(at.getTime())) return "";
  const two = (number: number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** Day and time in this computer's time zone: 2026-05-17 11:30. */
export function localTime(utc: string): string {
  const at = new Date(utc);
  if (Number.isNaN(at.getTime())) return "";
  return `${localDay(utc)} ${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}

/** 09:30 UTC, with the day where it is another one than here. */
export function utcTime(utc: string): string {
  const [day, time] = utc.split("T");
  if (!time) return "";
  return `${day === localDay(utc) ? "" : `${day} `}${time.slice(0, 5)} UTC`;
}

// The selected aircraft at a glance: what several parts of the view show is computed here once.
import { bearingDeg, distanceM } from "../lib/geo";
import { live } from "../lib/live.svelte";
import type { AircraftState } from "../lib/protocol";

/** Below these charges the battery is low, critical, %. */
export const BATTERY_LOW = 30;
export const BATTERY_CRITICAL = 15;
/** Slower than this an aircraft has no course, m/s. */
const NO_COURSE_M_S = 0.5;
/** Flight modes in which the aircraft comes home or lands. */
const COMING_DOWN = /RTL|RETURN|LAND|PRECLAND/i;

export type Level = "good" | "caution" | "danger";

export function batteryLevel(percent: number | null): Level | null {
  if (percent === null) return null;
  return percent <= BATTERY_CRITICAL ? "danger" : percent <= BATTERY_LOW ? "caution" : "good";
}

/** A receiver is good with a 3D fix, seven satellites and an HDOP below 2. */
export function gpsLevel(gps: NonNullable<AircraftState["gps"]>): Level {
  if (gps.fix < 3) return "danger";
  return (gps.satellites ?? 99) < 7 || (gps.hdop ?? 0) > 2 ? "caution" : "good";
}

export function comesDown(mode: string): boolean {
  return COMING_DOWN.test(mode);
}

/** The name of a MAVLink command in plain letters: NAV_TAKEOFF is "takeoff". */
export function itemName(name: string): string {
  return /^[A-Z_0-9]+$/.test(name)
    ? name.replace(/^(MAV_CMD_)?(NAV|DO|CONDITION)_/, "").replaceAll("_", " ").toLowerCase()
    : name;
}

class Glance {
  readonly one = $derived(live.selected);
  readonly state = $derived(this.one?.state ?? null);
  readonly name = $derived(this.one?.name ?? "");
  readonly silentS = $derived(this.state === null ? Infinity : live.ageS(this.state.last_message));
  /** Nothing has been received for so long that every value is old. */
  readonly lost = $derived(this.state !== null && live.stale(this.state.last_message));
  readonly armed = $derived(this.state?.heartbeat?.armed ?? null);
  readonly mode = $derived(this.state?.heartbeat?.mode ?? "");
  readonly inAir = $derived(this.state?.in_air ?? null);
  readonly place = $derived(this.state?.position?.has_place ? this.state.position : null);
  readonly ground = $derived(this.one?.info.ground_vehicle ?? false);

  readonly courseDeg = $derived.by(() => {
    const at = this.place;
    if (at === null || at.ground_speed_m_s < NO_COURSE_M_S) return null;
    return ((Math.atan2(at.vel_ned[1], at.vel_ned[0]) * 180) / Math.PI + 360) % 360;
  });

  readonly home = $derived.by(() => {
    const home = this.state?.home;
    if (!home || this.place === null) return null;
    return { distance_m: distanceM(this.place, home), bearing_deg: bearingDeg(this.place, home) };
  });

  /** The current item of the mission on board, with the distance to it where it has a place. */
  readonly item = $derived.by(() => {
    const progress = this.state?.mission;
    const number = progress?.current ?? null;
    const items = this.one?.mission?.items ?? [];
    const total = this.one?.mission?.known ? items.length : (progress?.total ?? null);
    const item = number === null ? undefined : items.find((known) => known.number === number);
    let distance_m: number | null = null;
    if (item && item.lat_deg !== null && item.lon_deg !== null && this.place !== null)
      distance_m = distanceM(this.place, { lat_deg: item.lat_deg, lon_deg: item.lon_deg });
    return { number, total, name: itemName(item?.name ?? ""), distance_m };
  });

  readonly youHaveControl = $derived(this.one !== null && this.one.info.pilot === live.client);
  /** Nobody has control: the first command takes it. */
  readonly free = $derived(this.one !== null && this.one.info.pilot === null);
}

export const glance = new Glance();

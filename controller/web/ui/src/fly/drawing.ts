// What the canvas above the map shows of all aircraft, from the lowest to the top.
import { age } from "../lib/format";
import { bearingDeg, distanceM } from "../lib/geo";
import { type Aircraft, live } from "../lib/live.svelte";
import type { Track } from "../lib/track";
import { type AircraftMark, drawAircraft, LabelRoom } from "../map/layers/aircraft";
import type { Point, Sheet } from "../map/layers/overlay";
import { Tails } from "../map/layers/tails";
import { drawHome, drawItems, drawRally, drawTarget } from "../map/layers/places";
import { direction, distance } from "./units";
import { view } from "./view.svelte";

const tails = new Tails();

export function shortName(one: Aircraft): string {
  return `${one.info.kind} ${one.info.system}`;
}

/** Draw everything; `placesDrawn` is the part of a track that the map itself has drawn. */
export function drawAll(sheet: Sheet, placesDrawn: (track: Track) => number): void {
  const selected = live.selected;
  for (const { track } of live.aircraft.values())
    tails.draw(sheet, track, placesDrawn(track), track === selected?.track ? 3 : 1.5);
  const places = new Map<Aircraft, Point>();
  for (const one of live.aircraft.values()) {
    const at = one.state.position;
    if (at?.has_place) places.set(one, sheet.at(at.lat_deg, at.lon_deg));
    const home = one.state.home;
    if (home && one !== selected) drawHome(sheet, sheet.at(home.lat_deg, home.lon_deg), false);
  }
  if (selected) {
    const { home, mission } = selected.state;
    if (selected.mission) {
      drawRally(sheet, selected.mission);
      drawItems(sheet, selected.mission, mission?.current ?? null);
    }
    if (home) drawHome(sheet, sheet.at(home.lat_deg, home.lon_deg), true);
  }
  if (view.target) {
    const from = selected?.state.position?.has_place ? selected.state.position : null;
    const label = from
      ? `${distance(distanceM(from, view.target))} · ${direction(bearingDeg(from, view.target))}`
      : "";
    const start = selected ? (places.get(selected) ?? null) : null;
    drawTarget(sheet, sheet.at(view.target.lat_deg, view.target.lon_deg), start, label);
  }
  // The selected one last, so that it is above the others; its label has the first right to its room.
  const room = new LabelRoom();
  const own = selected && places.get(selected);
  if (own) room.take([own[0] + 30, own[1]], shortName(selected), true);
  for (const [one, at] of places) if (one !== selected) drawAircraft(sheet, markOf(one, at, false), room);
  if (own) drawAircraft(sheet, markOf(selected, own, true), room);
}

function markOf(one: Aircraft, at: Point, selected: boolean): AircraftMark {
  const { position, heartbeat, attitude } = one.state;
  const stale = live.stale(position);
  const name = shortName(one);
  return {
    at,
    kind: one.info.kind,
    heading_deg: position?.heading_deg ?? attitude?.yaw_deg ?? null,
    armed: heartbeat?.armed ?? null,
    selected,
    stale,
    label: stale ? `${name} · ${age(live.ageS(position))}` : name,
  };
}

/** The aircraft within a finger's width of a place on the map. */
export function aircraftNear(x: number, y: number, at: (lat_deg: number, lon_deg: number) => Point): Aircraft | null {
  let best: Aircraft | null = null;
  let near = 24;
  for (const one of live.aircraft.values()) {
    const position = one.state.position;
    if (!position?.has_place) continue;
    const [left, top] = at(position.lat_deg, position.lon_deg);
    const away = Math.hypot(left - x, top - y);
    if (away < near) [best, near] = [one, away];
  }
  return best;
}

// What moves above the map of a replay: the aircraft of the shown moment, the places of photos, findings and items.
import { drawAircraft, LabelRoom } from "../map/layers/aircraft";
import { plate, type Point, type Sheet } from "../map/layers/overlay";
import { drawHome, drawItems } from "../map/layers/places";
import type { OnboardMission } from "../lib/protocol";
import { t } from "../lib/i18n.svelte";
import { token } from "../map/style";
import type { Replay } from "./replay.svelte";
import { type ColouredTrack, SCALE } from "./track";
import type { Photo, Photos, Review } from "./types";

type Project = (lat_deg: number, lon_deg: number) => Point;
const NEAR_PX = 22;
const CROWDED_PX = 9;
const MOST_PHOTOS_DRAWN = 1500;

/** The track as its map layers show it, until the map has them: a map without a graphics card takes a second. */
export function drawTrack({ ctx, palette, at }: Sheet, track: ColouredTrack): void {
  const colours = SCALE.map(token);
  ctx.lineJoin = ctx.lineCap = "round";
  for (const halo of [true, false]) {
    for (const { geometry, properties } of track.features) {
      const kind = properties?.class as number;
      if (geometry.type !== "LineString" || (!halo && kind < 0)) continue;
      ctx.beginPath();
      for (const [lon, lat] of geometry.coordinates) ctx.lineTo(...at(lat!, lon!));
      ctx.strokeStyle = halo ? palette.panel : colours[kind % SCALE.length]!;
      ctx.lineWidth = halo ? 7 : 4;
      ctx.stroke();
    }
  }
}

export function drawReplay(
  sheet: Sheet,
  replay: Replay,
  review: Review | null,
  photos: Photos | null,
  shown: Photo | null,
): void {
  const home = replay.header.armed[0] ? replay.place(replay.header.armed[0][0]) : null;
  if (review) drawItems(sheet, missionOf(review), currentItem(review, replay.timeS));
  if (home) drawHome(sheet, sheet.at(home[1], home[0]), true);
  drawPhotos(sheet, photos?.photos ?? review?.camera ?? [], shown);
  for (const one of review?.findings ?? []) {
    if (one.lat_deg !== null && one.lon_deg !== null && one.end_s - one.begin_s < replay.lengthS / 2)
      drawFinding(sheet, sheet.at(one.lat_deg, one.lon_deg), one.number, one.grade === "bad");
  }
  drawHover(sheet, replay);
  const now = replay.moment(replay.timeS);
  if (now.lat_deg === null || now.lon_deg === null) return;
  const heading = now.yaw_deg === null ? null : (now.yaw_deg + 360) % 360;
  // A replayed aircraft is named as such at its place, too.
  const label = `${t("review.replay")}${now.mode ? ` · ${now.mode}` : ""}`;
  const at = sheet.at(now.lat_deg, now.lon_deg);
  drawAircraft(sheet, { at, kind: replay.header.kind, heading_deg: heading, armed: now.armed, selected: true, stale: false, label }, new LabelRoom());
}

function missionOf(review: Review): OnboardMission {
  const items = review.mission
    .filter((one) => one.lat_deg !== null)
    .map((one) => ({
      number: one.number,
      command: 0,
      name: one.command,
      lat_deg: one.lat_deg,
      lon_deg: one.lon_deg,
      alt_m: 0,
      frame: 0,
    }));
  return { known: true, items, path: [], fence: [], rally: [] };
}

/** The item that the aircraft flies to at that moment: the first that is reached later. */
function currentItem(review: Review, timeS: number): number | null {
  return review.mission.find((one) => one.reached_s !== null && one.reached_s > timeS)?.number ?? null;
}

/** Photos by small cameras; those that would cover each other are left out, the shown one never is. */
function drawPhotos(sheet: Sheet, photos: { lat_deg: number; lon_deg: number }[], shown: Photo | null): void {
  let last: Point = [Infinity, Infinity];
  for (const one of photos.slice(0, MOST_PHOTOS_DRAWN)) {
    const at = sheet.at(one.lat_deg, one.lon_deg);
    if (one !== shown && Math.hypot(at[0] - last[0], at[1] - last[1]) < CROWDED_PX) continue;
    last = at;
    drawPhoto(sheet, one, one === shown);
  }
}

function drawPhoto({ ctx, palette, at }: Sheet, photo: { lat_deg: number; lon_deg: number }, chosen: boolean): void {
  const [x, y] = at(photo.lat_deg, photo.lon_deg);
  const half = chosen ? 9 : 5;
  ctx.fillStyle = chosen ? palette.accent : palette.panel;
  ctx.strokeStyle = palette.text;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.rect(x - half, y - half * 0.75, half * 2, half * 1.5);
  ctx.fill();
  ctx.stroke();
  ctx.beginPath();
  ctx.arc(x, y, half * 0.4, 0, 2 * Math.PI);
  ctx.stroke();
}

function drawFinding(sheet: Sheet, [x, y]: Point, number: number, bad: boolean): void {
  const { ctx, palette } = sheet;
  ctx.beginPath();
  // A pin whose tip is at the place.
  ctx.moveTo(x, y);
  ctx.lineTo(x - 8, y - 15);
  ctx.arc(x, y - 19, 9, Math.PI * 0.85, Math.PI * 0.15);
  ctx.closePath();
  ctx.fillStyle = bad ? palette.danger : palette.panel;
  ctx.fill();
  ctx.strokeStyle = bad ? palette.onDanger : palette.danger;
  ctx.lineWidth = 2;
  ctx.stroke();
  ctx.fillStyle = bad ? palette.onDanger : palette.text;
  ctx.font = `700 11px ${palette.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(String(number), x, y - 19);
}

/** The place of the moment under the pointer on a plot. */
function drawHover(sheet: Sheet, replay: Replay): void {
  const place = replay.hoverS === null ? null : replay.place(replay.hoverS);
  if (!place) return;
  const [x, y] = sheet.at(place[1], place[0]);
  const { ctx, palette } = sheet;
  ctx.beginPath();
  ctx.arc(x, y, 8, 0, 2 * Math.PI);
  ctx.strokeStyle = palette.panel;
  ctx.lineWidth = 6;
  ctx.stroke();
  ctx.strokeStyle = palette.text;
  ctx.lineWidth = 2.5;
  ctx.stroke();
  const mode = replay.mode(replay.hoverS ?? 0);
  if (mode) plate(sheet, mode, [x + 14, y]);
}

/** The photo under a point of the map. */
export function photoAt([x, y]: Point, photos: Photos | null, project: Project): Photo | null {
  let [best, nearest]: [Photo | null, number] = [null, NEAR_PX];
  for (const one of photos?.photos ?? []) {
    const [px, py] = project(one.lat_deg, one.lon_deg);
    const far = Math.hypot(px - x, py - y);
    if (far < nearest) [best, nearest] = [one, far];
  }
  return best;
}

/** The time at which the track passes a point of the map; null away from the track. */
export function nearestTime([x, y]: Point, replay: Replay, project: Project): number | null {
  const times = replay.arrays.get("position.t");
  const lats = replay.arrays.get("position.lat_deg");
  const lons = replay.arrays.get("position.lon_deg");
  if (!times || !lats || !lons) return null;
  const stride = Math.max(1, Math.ceil(times.length / 6000));
  let [best, nearest]: [number | null, number] = [null, NEAR_PX];
  for (let at = 0; at < times.length; at += stride) {
    const [px, py] = project(lats[at]!, lons[at]!);
    const far = Math.hypot(px - x, py - y);
    if (far < nearest) [best, nearest] = [times[at]!, far];
  }
  return best;
}

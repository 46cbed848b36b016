// Places on the map: items of the mission, home, rally points and the target of a go here.
import type { OnboardMission } from "../../lib/protocol";
import { plate, type Point, type Sheet } from "./overlay";

const SEEN_MARGIN_PX = 30;

function seen({ width, height }: Sheet, [x, y]: Point): boolean {
  const margin = SEEN_MARGIN_PX;
  return x > -margin && y > -margin && x < width + margin && y < height + margin;
}

/** The items by their numbers; the current one larger, filled, with a pointer above it. */
export function drawItems(sheet: Sheet, mission: OnboardMission, current: number | null): void {
  const { ctx, palette } = sheet;
  let last: Point | null = null;
  for (const item of mission.items) {
    if (item.lat_deg === null || item.lon_deg === null) continue;
    const at = sheet.at(item.lat_deg, item.lon_deg);
    const isCurrent = item.number === current;
    // Numbers that would cover each other are left out; the current one never is.
    const crowded = last !== null && Math.hypot(at[0] - last[0], at[1] - last[1]) < 15;
    if (!seen(sheet, at) || (crowded && !isCurrent)) continue;
    last = at;
    const radius = isCurrent ? 14 : 10;
    ctx.beginPath();
    ctx.arc(...at, radius, 0, 2 * Math.PI);
    ctx.fillStyle = isCurrent ? palette.mission : palette.panel;
    ctx.fill();
    ctx.strokeStyle = palette.mission;
    ctx.lineWidth = 2;
    ctx.stroke();
    if (isCurrent) {
      ctx.beginPath();
      ctx.arc(...at, radius + 4, 0, 2 * Math.PI);
      ctx.stroke();
    }
    ctx.fillStyle = isCurrent ? palette.onArmed : palette.text;
    ctx.font = `700 ${isCurrent ? 14 : 11}px ${palette.font}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(String(item.number), at[0], at[1] + 0.5);
  }
}

export function drawRally(sheet: Sheet, mission: OnboardMission): void {
  for (const point of mission.rally) {
    const at = sheet.at(point.lat_deg, point.lon_deg);
    if (seen(sheet, at)) diamond(sheet, at, "R");
  }
}

function diamond({ ctx, palette }: Sheet, [x, y]: Point, letter: string): void {
  ctx.beginPath();
  ctx.moveTo(x, y - 12);
  ctx.lineTo(x + 12, y);
  ctx.lineTo(x, y + 12);
  ctx.lineTo(x - 12, y);
  ctx.closePath();
  ctx.fillStyle = palette.panel;
  ctx.fill();
  ctx.strokeStyle = palette.rally;
  ctx.lineWidth = 2.5;
  ctx.stroke();
  ctx.fillStyle = palette.rally;
  ctx.font = `700 11px ${palette.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(letter, x, y + 0.5);
}

/** Home: a house. */
export function drawHome(sheet: Sheet, at: Point, selected: boolean): void {
  if (!seen(sheet, at)) return;
  const { ctx, palette, scale } = sheet;
  const room = { left: 16, top: 16, right: 16, bottom: 16 };
  sheet.stamps.draw(ctx, scale, `home|${selected}`, at, room, (inside) => {
    inside.beginPath();
    inside.moveTo(0, -12);
    inside.lineTo(12, -1);
    inside.lineTo(8, -1);
    inside.lineTo(8, 9);
    inside.lineTo(-8, 9);
    inside.lineTo(-8, -1);
    inside.lineTo(-12, -1);
    inside.closePath();
    inside.lineJoin = "round";
    inside.strokeStyle = palette.panel;
    inside.lineWidth = 4;
    inside.stroke();
    inside.fillStyle = selected ? palette.text : palette.quiet;
    inside.fill();
  });
}

/** The target of a go here, with the way to it and its distance. */
export function drawTarget(sheet: Sheet, at: Point, from: Point | null, label: string): void {
  const { ctx, palette } = sheet;
  if (from) {
    for (const [colour, width] of [
      [palette.panel, 5],
      [palette.accent, 2.5],
    ] as const) {
      ctx.beginPath();
      ctx.moveTo(...from);
      ctx.lineTo(...at);
      ctx.setLineDash(width === 5 ? [] : [8, 5]);
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.stroke();
    }
    ctx.setLineDash([]);
  }
  const [x, y] = at;
  for (const [colour, width] of [
    [palette.panel, 6],
    [palette.accent, 3],
  ] as const) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.beginPath();
    ctx.arc(x, y, 11, 0, 2 * Math.PI);
    for (const [dx, dy] of [
      [0, -1],
      [1, 0],
      [0, 1],
      [-1, 0],
    ] as const) {
      ctx.moveTo(x + 5 * dx, y + 5 * dy);
      ctx.lineTo(x + 18 * dx, y + 18 * dy);
    }
    ctx.stroke();
  }
  plate(sheet, label, [x, y + 32], { bold: true, centred: true, edge: palette.accent });
}

// The newest part of each track, which the map has not drawn yet. Each tail is a path that only grows: a frame adds the
// new places to it, and draws it as it is in the scale of the map.
import type { LonLat, Track } from "../../lib/track";
import type { Sheet } from "./overlay";

/** Units of a path: so many around the earth, about 1 m each. */
const UNITS = 2 ** 25;
/** Pixels around the earth at zoom 0. */
const WORLD_PX = 512;

interface Tail {
  path: Path2D;
  /** Count of the track's places at which it begins, and to which it goes. */
  from: number;
  to: number;
  start: LonLat;
  /** Distance of the farthest place from the start, in units. */
  reach: number;
}

function mercator([lon_deg, lat_deg]: LonLat): [number, number] {
  const rad = (lat_deg * Math.PI) / 180;
  return [UNITS * (lon_deg / 360), (-UNITS * Math.asinh(Math.tan(rad))) / (2 * Math.PI)];
}

export class Tails {
  private readonly tails = new Map<Track, Tail>();

  /** Draw the places of a track after the first `drawn` ones. */
  draw(sheet: Sheet, track: Track, drawn: number, width: number): void {
    const tail = this.grown(track, drawn);
    if (tail === null) return;
    const { ctx, palette } = sheet;
    const [lon_deg, lat_deg] = tail.start;
    const scale = (WORLD_PX * 2 ** sheet.zoom) / UNITS;
    const [x, y] = sheet.at(lat_deg, lon_deg);
    const reach = tail.reach * scale + width;
    if (x < -reach || y < -reach || x > sheet.width + reach || y > sheet.height + reach) return;
    ctx.save();
    ctx.translate(x, y);
    ctx.rotate((-sheet.bearing_deg * Math.PI) / 180);
    ctx.scale(scale, scale);
    ctx.lineJoin = ctx.lineCap = "round";
    ctx.strokeStyle = palette.track;
    ctx.lineWidth = width / scale;
    ctx.stroke(tail.path);
    ctx.restore();
  }

  private grown(track: Track, drawn: number): Tail | null {
    let tail = this.tails.get(track);
    if (tail === undefined || tail.from !== drawn) {
      // From the last place that the map has drawn, so that there is no gap.
      const [start] = track.tail(track.count - drawn + 1);
      if (start === undefined) return null;
      tail = { path: new Path2D(), from: drawn, to: track.count, start, reach: 0 };
      this.tails.set(track, tail);
      this.add(tail, track.tail(track.count - drawn + 1));
    } else if (track.count > tail.to) {
      this.add(tail, track.tail(track.count - tail.to));
      tail.to = track.count;
    }
    return tail;
  }

  private add(tail: Tail, places: readonly LonLat[]): void {
    const [x0, y0] = mercator(tail.start);
    for (const place of places) {
      const [x, y] = mercator(place);
      tail.path.lineTo(x - x0, y - y0);
      tail.reach = Math.max(tail.reach, Math.hypot(x - x0, y - y0));
    }
  }
}

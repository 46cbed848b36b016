// The way of an aircraft over ground, in pieces: only the pieces that changed are given to the map again.

/** Longitude and latitude in degrees, as GeoJSON has them; the longitude goes on past 180 degrees. */
export type LonLat = [number, number];

export interface Piece {
  /** Number of the piece among those of all tracks. */
  readonly id: number;
  line: LonLat[];
  /** Counts its changes. */
  version: number;
}

const POINTS_A_PIECE = 200;
const PIECES_KEPT = 100;
/** A place nearer than this to the last one is the same, degrees. */
const SAME_DEG = 2e-6;
let nextId = 1;

export class Track {
  /** Oldest first; each begins where the one before ends. */
  readonly pieces: Piece[] = [];
  /** Counts all places that were added. */
  count = 0;

  add(lat_deg: number, lon_deg: number): void {
    const last = this.pieces.at(-1);
    const [beforeLon, beforeLat] = last?.line.at(-1) ?? [lon_deg, Infinity];
    const lon = lon_deg + 360 * Math.round((beforeLon - lon_deg) / 360);
    if (Math.abs(beforeLat - lat_deg) < SAME_DEG && Math.abs(beforeLon - lon) < SAME_DEG) return;
    this.count += 1;
    if (last && last.line.length < POINTS_A_PIECE) {
      last.line.push([lon, lat_deg]);
      last.version += 1;
      return;
    }
    this.pieces.push({ id: nextId++, line: last ? [last.line.at(-1)!, [lon, lat_deg]] : [[lon, lat_deg]], version: 1 });
    if (this.pieces.length > PIECES_KEPT) this.thin();
  }

  /** The last places, oldest first; at most those of the last two pieces. */
  tail(places: number): LonLat[] {
    const last = this.pieces.at(-1)?.line ?? [];
    const before = last.length >= places ? [] : (this.pieces.at(-2)?.line.slice(0, -1) ?? []);
    return [...before, ...last].slice(-places);
  }

  /** Join each two pieces of the older half, with every other place: the track keeps its shape, memory stays flat. */
  private thin(): void {
    const older = this.pieces.splice(0, PIECES_KEPT / 2);
    const joined: Piece[] = [];
    for (let index = 0; index < older.length; index += 2) {
      const line = [...older[index]!.line, ...older[index + 1]!.line.slice(1)];
      const kept = line.filter((_, place) => place % 2 === 0 || place === line.length - 1);
      joined.push({ id: nextId++, line: kept, version: 1 });
    }
    this.pieces.unshift(...joined);
  }
}

// Heights of the ground below the flown path, above home; asked of the server's terrain in one call a path.
import { post } from "../lib/api";
import type { Check } from "./calls";
import { placeAt, type ProfilePoint } from "./profile";

export interface Ground {
  atM: number;
  /** Above home, m; null where no terrain data covers the place. */
  heightM: number | null;
}

const SAMPLES = 400;
const WAIT_MS = 400;

class Terrain {
  heights = $state.raw<Ground[]>([]);
  /** Least height of the path above the ground, and where it is along the path. */
  least = $state.raw<{ clearM: number; atM: number; heightM: number } | null>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;

  get known(): "all" | "part" | "none" {
    const with_ = this.heights.filter((one) => one.heightM !== null).length;
    if (with_ === 0) return "none";
    return with_ === this.heights.length ? "all" : "part";
  }

  at(atM: number): number | null {
    const found = this.heights.find((one) => one.atM >= atM);
    return found?.heightM ?? null;
  }

  /** Ask for the ground below a path soon; without a home the ground has no height above it. */
  ask(points: readonly ProfilePoint[], home: Check["home"]): void {
    clearTimeout(this.timer);
    const length = points.at(-1)?.atM ?? 0;
    if (length === 0 || home === null) {
      this.heights = [];
      this.least = null;
      return;
    }
    this.timer = setTimeout(() => void this.fetch(points, length, home), WAIT_MS);
  }

  private async fetch(
    points: readonly ProfilePoint[],
    length: number,
    home: NonNullable<Check["home"]>,
  ): Promise<void> {
    const number = ++this.asked;
    const count = Math.min(SAMPLES, Math.max(2, Math.ceil(length / 5)));
    const ats = Array.from({ length: count }, (_, index) => (index / (count - 1)) * length);
    const places = ats.map((atM) => placeAt(points, atM) ?? [home.lat_deg, home.lon_deg]);
    places.push([home.lat_deg, home.lon_deg]);
    let found: (number | null)[];
    try {
      found = (await post<{ heights_m: (number | null)[] }>("/api/maps/terrain", { points: places })).heights_m;
    } catch {
      found = places.map(() => null);
    }
    if (number !== this.asked) return;
    // Heights above home are measured from the ground at home, so that its datum does not matter.
    const base = found.at(-1) ?? null;
    this.heights = ats.map((atM, index) => {
      const height = found[index] ?? null;
      return { atM, heightM: height === null || base === null ? null : height - base };
    });
    this.least = leastClearance(points, this.heights);
  }
}

/** Least height of the path above the ground, away from take-off and landing; null where the ground is not known. */
function leastClearance(points: readonly ProfilePoint[], ground: readonly Ground[]): Terrain["least"] {
  let least: Terrain["least"] = null;
  let index = 0;
  for (const one of ground) {
    while (index < points.length - 1 && (points[index] as ProfilePoint).atM < one.atM) index++;
    const two = points[index] as ProfilePoint;
    const before = points[Math.max(0, index - 1)] as ProfilePoint;
    if (one.heightM === null || (before.heightM === 0 && index < 2) || two.heightM === 0) continue;
    const part = two.atM > before.atM ? (one.atM - before.atM) / (two.atM - before.atM) : 1;
    const heightM = before.heightM + (two.heightM - before.heightM) * part;
    const clearM = heightM - one.heightM;
    if (least === null || clearM < least.clearM) least = { clearM, atM: one.atM, heightM };
  }
  return least;
}

export const terrain = new Terrain();

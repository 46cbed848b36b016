// Height of the ground under the pointer, asked of the server when the pointer rests; shown for that place alone.
import { post } from "../lib/api";

export interface Ground {
  /** Above the zero of the data, m; null where no terrain data covers the place. */
  heightM: number | null;
  /** The file that it is from, and its zero; empty without a height. */
  file: string;
  datum: string;
}

interface Answer {
  heights_m: (number | null)[];
  files: { name: string; datum: string }[];
}

const RESTS_MS = 120;

export class GroundHere {
  private known = $state.raw<{ place: string; ground: Ground } | null>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;

  /** The ground at a place; null until the answer for this very place is there. */
  at(place: readonly [number, number]): Ground | null {
    return this.known?.place === place.join() ? this.known.ground : null;
  }

  /** Ask for a place once the pointer rests there. Returns a function that stops waiting. */
  ask(place: readonly [number, number]): () => void {
    this.timer = setTimeout(() => void this.fetch(place), RESTS_MS);
    return () => clearTimeout(this.timer);
  }

  private async fetch(place: readonly [number, number]): Promise<void> {
    const number = ++this.asked;
    try {
      const { heights_m, files } = await post<Answer>("/api/maps/terrain", { points: [place] });
      const ground = { heightM: heights_m[0] ?? null, file: files[0]?.name ?? "", datum: files[0]?.datum ?? "" };
      if (number === this.asked) this.known = { place: place.join(), ground };
    } catch {
      if (number === this.asked) this.known = null;
    }
  }
}

// What the map shows at a place, in words: which map covers it, to which zoom, or that there are outlines alone.
import { t } from "../lib/i18n.svelte";
import type { UsableMap } from "./maps.svelte";

/** From this zoom on the outlines of the world are too coarse to be a map. */
export const OUTLINES_TO = 7;
/** Zooms beyond the last one of a map to which it is shown enlarged; further on it would be no map any more. */
export const ENLARGED_ZOOMS = 5;

export interface Coverage {
  /** Whether there is a map at this zoom. */
  covered: boolean;
  words: string;
}

/** First and last zoom of the view at which a map is shown: pictures of 256 px are drawn one zoom below their own. */
export function shownZooms({ info }: UsableMap): [number, number] {
  return [Math.max(0, info.min_zoom - (info.vector ? 0 : 1)), info.max_zoom + ENLARGED_ZOOMS];
}

export function isShownAt(entry: UsableMap, zoom: number): boolean {
  const [first, last] = shownZooms(entry);
  return zoom >= first && zoom < last;
}

/** `maps` cover the place, the topmost first. */
export function coverageAt(maps: readonly UsableMap[], zoom: number): Coverage {
  const shown = maps.filter((one) => isShownAt(one, zoom));
  // The finest one counts: the topmost may be a coarse one that shows through elsewhere.
  const best = shown.reduce<UsableMap | null>(
    (a, b) => (a && a.info.max_zoom >= b.info.max_zoom ? a : b),
    null,
  );
  if (best) {
    // Vector maps stay sharp: they only show no more detail.
    const enlarged = !best.info.vector && zoom > best.info.max_zoom + 1;
    const values = { name: title(best), zoom: best.info.max_zoom };
    return { covered: true, words: t(enlarged ? "maps.enlarged" : "maps.covers", values) };
  }
  const coarse = maps.find((one) => zoom < shownZooms(one)[0]);
  if (coarse) return { covered: false, words: t("maps.closer", { name: title(coarse), zoom: coarse.info.min_zoom }) };
  if (zoom < OUTLINES_TO) return { covered: false, words: t("map.outlines") };
  const ended = maps[0];
  if (ended) return { covered: false, words: t("maps.ended", { name: title(ended), zoom: ended.info.max_zoom }) };
  return { covered: false, words: t("map.outside") };
}

export function title(entry: UsableMap): string {
  return entry.info.title || entry.name;
}

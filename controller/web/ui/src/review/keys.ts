// Keys of the replay: space plays, arrows step, Home and End jump, < and > change the speed.
import { type Replay, RATES } from "./replay.svelte";

const STEP_S = 5;
const SMALL_S = 0.5;
const PAGE_S = 60;

export function replayKey(event: KeyboardEvent, replay: Replay): void {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  const at = event.target;
  const typing = at instanceof HTMLElement && at.matches("input:not([type=range]), select, textarea");
  // Tabs and lists move with the arrows themselves; a focused button is pressed by the space bar.
  const own = at instanceof HTMLElement && at.closest("[role=tablist], [data-own-keys]");
  if (typing || own || (event.key === " " && at instanceof HTMLElement && at.matches("button, a, summary"))) return;
  const step = event.shiftKey ? SMALL_S : STEP_S;
  const actions: Record<string, () => void> = {
    " ": () => replay.toggle(),
    ArrowLeft: () => replay.seek(replay.timeS - step),
    ArrowRight: () => replay.seek(replay.timeS + step),
    PageUp: () => replay.seek(replay.timeS + PAGE_S),
    PageDown: () => replay.seek(replay.timeS - PAGE_S),
    Home: () => replay.seek(0),
    End: () => replay.seek(replay.lengthS),
    "<": () => faster(replay, -1),
    ">": () => faster(replay, 1),
    "+": () => replay.zoom(0.5, replay.timeS),
    "-": () => replay.zoom(2, replay.timeS),
    "0": () => replay.showAll(),
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

export function faster(replay: Replay, by: number): void {
  const at = RATES.findIndex((rate) => rate === replay.rate) + by;
  replay.rate = RATES[Math.min(Math.max(0, at), RATES.length - 1)]!;
}

// Keys of the fly view. A key selects an action; holding Space or Enter confirms it.
import { live } from "../lib/live.svelte";
import { type ActionName, ACTIONS } from "./actions/table";
import { glance } from "./glance.svelte";
import { view } from "./view.svelte";

export interface KeyTargets {
  act: (name: ActionName) => void;
  follow: () => void;
  fit: () => void;
  messages: () => void;
}

function isTyping(event: KeyboardEvent): boolean {
  const at = event.target;
  return at instanceof HTMLElement && at.matches("input:not([type=checkbox]), select, textarea, [contenteditable]");
}

export function keyPressed(event: KeyboardEvent, to: KeyTargets): void {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (event.key === "Escape") {
    view.closeForm();
    return;
  }
  if (!view.shortcuts || view.help || isTyping(event)) {
    if (event.key === "?" && !isTyping(event)) view.help = true;
    return;
  }
  const key = event.key.toLowerCase();
  const action = ACTIONS.find((one) => one.key === key);
  if (action) to.act(action.name);
  else if (/^[1-9]$/.test(key)) select(Number(key) - 1);
  else if (key === "n") selectNext();
  else if (key === "f") to.follow();
  else if (key === "z") to.fit();
  else if (key === "i") to.messages();
  else if (key === "k") takeControl();
  else if (key === "?") view.help = true;
  else return;
  event.preventDefault();
}

function select(index: number): void {
  const one = [...live.aircraft.keys()][index];
  if (one !== undefined) live.selectedId = one;
}

function selectNext(): void {
  const all = [...live.aircraft.keys()];
  const at = live.selectedId === null ? -1 : all.indexOf(live.selectedId);
  const next = all[(at + 1) % all.length];
  if (next !== undefined) live.selectedId = next;
}

function takeControl(): void {
  if (glance.one && live.role === "pilot" && !glance.youHaveControl)
    live.send({ type: "take_control", aircraft: glance.one.id });
}

// What is open in the fly view.
import type { Place } from "../lib/geo";
import type { ActionName } from "./actions/table";

const SHORTCUTS_OFF = "landline.fly.shortcuts-off";

class FlyView {
  /** The map keeps the selected aircraft in its middle part. */
  follow = $state(true);
  /** The map has shown an aircraft once; where the operator moved it since, it stays. */
  placed = false;
  /** The action whose form is open. */
  form = $state<ActionName | null>(null);
  /** Where a go here would lead. */
  target = $state.raw<Place | null>(null);
  help = $state(false);
  /** The side of the map at which the form stands: not the one of the target. */
  side = $state<"left" | "right">("left");
  /** The action whose button has the focus or the pointer. */
  near = $state<ActionName | null>(null);
  shortcuts = $state(localStorage.getItem(SHORTCUTS_OFF) === null);

  setShortcuts(on: boolean): void {
    this.shortcuts = on;
    if (on) localStorage.removeItem(SHORTCUTS_OFF);
    else localStorage.setItem(SHORTCUTS_OFF, "1");
  }

  openForm(name: ActionName): void {
    this.form = name;
    if (name !== "goto") this.target = null;
    this.side = "left";
  }

  closeForm(): void {
    this.form = null;
    this.target = null;
  }
}

export const view = new FlyView();

// The values that an action with a form is given, checked as they are typed.
import { bearingDeg, distanceM } from "../../lib/geo";
import { NO_VALUE } from "../../lib/format";
import { t } from "../../lib/i18n.svelte";
import { glance } from "../glance.svelte";
import { direction, distance } from "../units";
import { view } from "../view.svelte";
import { type ActionName, fliesMission } from "./table";

/** Limits that the server checks too, m above home and m/s. */
const HEIGHT_M = [0.5, 10_000] as const;
const SPEED_M_S = [0.1, 100] as const;
const TAKEOFF_M = 10;
/** An aircraft lower than this, m, is sent to a place at the height of a take-off. */
const TOO_LOW_M = 3;

function numberProblem(typed: string, [least, most]: readonly [number, number], unit: string): string {
  const value = readNumber(typed);
  if (value === null) return t("fly.form.not-a-number");
  return value < least || value > most ? t("fly.form.outside", { least, most, unit }) : "";
}

/** Read a number with a decimal point or comma; null for anything else. */
export function readNumber(typed: string): number | null {
  const text = typed.trim().replace(",", ".");
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}

export class Draft {
  typed = $state("");
  mode = $state("");
  /** Number of an item of the mission, from 1. */
  item = $state<number | null>(null);

  constructor(readonly action: ActionName) {
    const height_m = glance.state?.position?.alt_rel_m ?? 0;
    if (action === "takeoff") this.typed = String(TAKEOFF_M);
    else if (action === "goto") this.typed = String(height_m < TOO_LOW_M ? TAKEOFF_M : Math.round(height_m));
    else if (action === "altitude") this.typed = String(Math.round(height_m));
    else if (action === "speed") this.typed = "5";
    else if (action === "mode") this.mode = glance.mode;
    else if (action === "jump_to_item") this.item = glance.item.number ?? glance.one?.mission?.items[0]?.number ?? null;
  }

  get unit(): string {
    return this.action === "speed" ? "m/s" : "m";
  }

  /** Why the values cannot be sent; "" where they can. */
  get problem(): string {
    switch (this.action) {
      case "takeoff":
      case "altitude":
        return numberProblem(this.typed, HEIGHT_M, "m");
      case "speed":
        return numberProblem(this.typed, SPEED_M_S, "m/s");
      case "goto":
        return view.target === null ? t("fly.form.no-place") : numberProblem(this.typed, HEIGHT_M, "m");
      case "jump_to_item":
        return glance.one?.mission?.items.some((one) => one.number === this.item) ? "" : t("fly.form.no-item");
      case "mode":
        return this.mode === "" ? t("fly.form.no-mode") : "";
      default:
        return "";
    }
  }

  get value(): number {
    return readNumber(this.typed) ?? NaN;
  }

  args(): Record<string, unknown> {
    switch (this.action) {
      case "takeoff":
      case "altitude":
        return { alt_m: this.value };
      case "speed":
        return { speed_m_s: this.value };
      case "goto":
        return { ...view.target, alt_m: this.value };
      case "jump_to_item":
        return { number: this.item };
      case "mode":
        return { mode: this.mode };
      case "emergency_stop":
        return { force: true };
      default:
        return {};
    }
  }

  /** What will be done, for the button that is held. */
  words(name: string): string {
    const value = this.typed;
    switch (this.action) {
      case "takeoff":
        return t("fly.do.takeoff", { name, value });
      case "altitude":
        return t("fly.do.altitude", { name, value });
      case "speed":
        return t("fly.do.speed", { name, value });
      case "mode":
        return t("fly.do.mode", { name, value: this.mode });
      case "jump_to_item":
        return t(fliesMission(glance.mode) ? "fly.do.jump_to_item" : "fly.do.jump_to_item.later", { name, value: this.item ?? NO_VALUE });
      case "goto":
        return t("fly.do.goto", { name, value, way: this.way ?? "–" });
      default:
        return t("fly.do.emergency_stop", { name });
    }
  }

  /** Distance and bearing from the aircraft to the target. */
  get way(): string | null {
    const { target } = view;
    if (target === null || glance.place === null) return null;
    return `${distance(distanceM(glance.place, target))}, ${direction(bearingDeg(glance.place, target))}`;
  }
}

export function draftOf(action: ActionName): Draft {
  return new Draft(action);
}

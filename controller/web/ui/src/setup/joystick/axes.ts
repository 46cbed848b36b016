// From the axes of a pad to sticks: reverse, dead zone and expo. No state, no page.

export type Stick = "x" | "y" | "z" | "r";
export const STICKS: readonly Stick[] = ["x", "y", "z", "r"];

export interface StickSetting {
  /** Axis of the pad, from 0; -1 for none. */
  axis: number;
  reversed: boolean;
}

export interface PadSetting {
  sticks: Record<Stick, StickSetting>;
  /** Share of the throw around the middle that counts as the middle, 0 to 0.5. */
  deadZone: number;
  /** 0: straight; 1: cubic, soft around the middle. */
  expo: number;
  /** Buttons of the pad, from 0; -1 for none. */
  pause: number;
  return: number;
}

/** Mode 2 on a pad of the browser's standard layout: left stick yaw and height, right stick forward and sideways. */
export const STANDARD: PadSetting = {
  sticks: {
    x: { axis: 3, reversed: true },
    y: { axis: 2, reversed: false },
    z: { axis: 1, reversed: true },
    r: { axis: 0, reversed: false },
  },
  deadZone: 0.08,
  expo: 0.3,
  pause: -1,
  return: -1,
};

/** One stick, -1 to 1. */
export function shaped(raw: number, reversed: boolean, deadZone: number, expo: number): number {
  const value = Math.max(-1, Math.min(1, Number.isFinite(raw) ? raw : 0)) * (reversed ? -1 : 1);
  const beyond = Math.max(0, Math.abs(value) - deadZone) / (1 - deadZone);
  return Math.sign(value) * ((1 - expo) * beyond + expo * beyond ** 3) + 0;
}

/** The four sticks, -1000 to 1000. */
export function sticks(axes: readonly number[], setting: PadSetting): Record<Stick, number> {
  const found = { x: 0, y: 0, z: 0, r: 0 };
  for (const stick of STICKS) {
    const { axis, reversed } = setting.sticks[stick];
    if (axis >= 0) found[stick] = Math.round(shaped(axes[axis] ?? 0, reversed, setting.deadZone, setting.expo) * 1000);
  }
  return found;
}

function isNumber(value: unknown, low: number, high: number): value is number {
  return typeof value === "number" && value >= low && value <= high;
}

/** The setting that was kept, each field checked; the standard for what is missing. */
export function settingOf(kept: unknown): PadSetting {
  const given = (typeof kept === "object" && kept !== null ? kept : {}) as Partial<Record<keyof PadSetting, unknown>>;
  const made = structuredClone(STANDARD);
  const given_sticks = (typeof given.sticks === "object" && given.sticks !== null ? given.sticks : {}) as Partial<
    Record<Stick, Partial<StickSetting>>
  >;
  for (const stick of STICKS) {
    const one = given_sticks[stick];
    if (one && isNumber(one.axis, -1, 31)) made.sticks[stick].axis = one.axis;
    if (one && typeof one.reversed === "boolean") made.sticks[stick].reversed = one.reversed;
  }
  if (isNumber(given.deadZone, 0, 0.5)) made.deadZone = given.deadZone;
  if (isNumber(given.expo, 0, 1)) made.expo = given.expo;
  for (const button of ["pause", "return"] as const) {
    const number = given[button];
    if (isNumber(number, -1, 63)) made[button] = number;
  }
  return made;
}

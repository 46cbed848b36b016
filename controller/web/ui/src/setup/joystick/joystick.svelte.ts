// The joystick of this page: the pad that is chosen, and the take-over of one aircraft with all that ends it.
import { live } from "../../lib/live.svelte";
import { type PadSetting, settingOf, STANDARD, type Stick, sticks } from "./axes";

export type Stop =
  | "given"
  | "pad"
  | "hidden"
  | "focus"
  | "socket"
  | "control"
  | "aircraft"
  | "server"
  | "role";

interface Frame {
  axes: number[];
  buttons: boolean[];
}

const FRAME_MS = 50;
const KEPT = "landline.pads";
const NOTHING: Frame = { axes: [], buttons: [] };

function kept(): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

class Joystick {
  /** Names of the connected pads by their places. */
  pads = $state.raw<{ index: number; id: string }[]>([]);
  index = $state(-1);
  setting = $state<PadSetting>(structuredClone(STANDARD));
  frame = $state.raw<Frame>(NOTHING);
  /** The aircraft that this pad flies; null while it flies none. */
  aircraft = $state<string | null>(null);
  /** Why the last take-over ended by itself, until the operator has read it. */
  stopped = $state<{ why: Stop; words: string; aircraft: string } | null>(null);
  readonly values = $derived<Record<Stick, number>>(sticks(this.frame.axes, this.setting));
  private timer: ReturnType<typeof setInterval> | undefined;
  private watchers = 0;

  constructor() {
    addEventListener("gamepadconnected", () => this.find());
    addEventListener("gamepaddisconnected", (event) => {
      this.find();
      if (event.gamepad.index === this.index) this.end("pad");
    });
    document.addEventListener("visibilitychange", () => document.hidden && this.end("hidden"));
    addEventListener("blur", () => this.end("focus"));
    addEventListener("pagehide", () => this.end("hidden"));
  }

  /** Read the pads as long as someone looks or flies. Returns what ends it. */
  watch(): () => void {
    this.watchers += 1;
    this.find();
    this.timer ??= setInterval(() => this.tick(), FRAME_MS);
    return () => {
      this.watchers -= 1;
      this.rest();
    };
  }

  choose(index: number): void {
    if (index !== this.index) this.end("pad");
    this.index = index;
    const id = this.pads.find((one) => one.index === index)?.id;
    this.setting = settingOf(id === undefined ? null : kept()[id]);
  }

  keep(): void {
    const id = this.pads.find((one) => one.index === this.index)?.id;
    if (id !== undefined) localStorage.setItem(KEPT, JSON.stringify({ ...kept(), [id]: $state.snapshot(this.setting) }));
  }

  /** Fly this aircraft from now on: after a hold of the button only. */
  take(aircraft: string): void {
    if (this.pad() === null || live.selectedId !== aircraft || !document.hasFocus()) return;
    this.stopped = null;
    this.aircraft = aircraft;
    live.joystick = null;
    live.send({ type: "joystick", aircraft, begin: true, ...this.values });
    this.timer ??= setInterval(() => this.tick(), FRAME_MS);
  }

  /** Give the aircraft back, or end by itself for a reason. */
  end(why: Stop, words = ""): void {
    const aircraft = this.aircraft;
    if (aircraft === null) return;
    this.aircraft = null;
    if (live.connected) live.send({ type: "joystick", aircraft, end: true });
    if (why !== "given") this.stopped = { why, words, aircraft };
    this.rest();
  }

  private rest(): void {
    if (this.watchers > 0 || this.aircraft !== null) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private find(): void {
    this.pads = [...navigator.getGamepads()].flatMap((one) => (one ? [{ index: one.index, id: one.id }] : []));
    if (!this.pads.some((one) => one.index === this.index)) this.choose(this.pads[0]?.index ?? -1);
  }

  private pad(): Gamepad | null {
    const pad = navigator.getGamepads()[this.index] ?? null;
    return pad?.connected ? pad : null;
  }

  private tick(): void {
    const pad = this.pad();
    const before = this.frame;
    this.frame = pad
      ? { axes: [...pad.axes], buttons: pad.buttons.map((one) => one.pressed) }
      : NOTHING;
    const aircraft = this.aircraft;
    if (aircraft === null) return;
    if (pad === null) return this.end("pad");
    if (!live.connected) return this.end("socket");
    if (live.role !== "pilot") return this.end("role");
    if (document.hidden || !document.hasFocus()) return this.end(document.hidden ? "hidden" : "focus");
    if (live.selectedId !== aircraft) return this.end("aircraft");
    const news = live.joystick;
    if (news !== null && news.aircraft === aircraft && !news.active) return this.end("server", news.why);
    const pilot = live.aircraft.get(aircraft)?.info.pilot ?? null;
    if (pilot !== null && pilot !== live.client) return this.end("control");
    live.send({ type: "joystick", aircraft, ...this.values });
    // Only pause and return: no button arms, and none does anything at a press that began before the take-over.
    for (const name of ["pause", "return"] as const) {
      const button = this.setting[name];
      if (button >= 0 && this.frame.buttons[button] && before.buttons[button] === false)
        live.act(aircraft, name, {}, name);
    }
  }
}

export const joystick = new Joystick();

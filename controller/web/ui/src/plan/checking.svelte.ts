// The check of the plan that is edited: asked again after each change, its answer shown with the plan it belongs to.
import { live } from "../lib/live.svelte";
import * as calls from "./calls";
import { editor } from "./editor.svelte";

const WAIT_MS = 250;
const LIMIT_KEY = "landline.plan.max_alt_m";

class Checking {
  answer = $state.raw<calls.Check | null>(null);
  /** Version of the plan that the answer belongs to. */
  version = $state(-1);
  trouble = $state("");
  /** Autopilot that the plan is checked for without an aircraft; "" for none. */
  autopilot = $state("");
  /** Whether the plan is checked for the selected aircraft. */
  onAircraft = $state(true);
  maxAltM = $state<number | null>(Number(localStorage.getItem(LIMIT_KEY)) || null);
  describes = $state.raw<calls.Descriptions | null>(null);
  formats = $state.raw<calls.Formats | null>(null);
  private byCommand = new Map<number, calls.CommandDescription>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;

  get current(): boolean {
    return this.answer !== null && this.version === editor.version && this.trouble === "";
  }

  /** Aircraft that the plan is checked for; null for none. */
  get aircraft(): string | null {
    return this.onAircraft && live.connected ? live.selectedId : null;
  }

  description(command: number): calls.CommandDescription | undefined {
    return this.describes ? this.byCommand.get(command) : undefined;
  }

  isDestination = (command: number): boolean => this.description(command)?.is_destination ?? command === 16;

  async load(): Promise<void> {
    if (this.describes) return;
    try {
      const [describes, formats] = await Promise.all([calls.describeCommands(), calls.formats()]);
      this.byCommand = new Map(describes.commands.map((one) => [one.command, one]));
      this.describes = describes;
      this.formats = formats;
    } catch (error) {
      this.trouble = (error as Error).message;
    }
  }

  setLimit(value: number | null): void {
    this.maxAltM = value;
    if (value === null) localStorage.removeItem(LIMIT_KEY);
    else localStorage.setItem(LIMIT_KEY, String(value));
  }

  /** Ask again soon; later calls replace this one. */
  soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), WAIT_MS);
  }

  private async ask(): Promise<void> {
    const version = editor.version;
    const number = ++this.asked;
    const aircraft = this.aircraft;
    const autopilot = aircraft === null && this.autopilot ? this.autopilot : null;
    try {
      const answer = await calls.check(editor.plan, { aircraft, autopilot, max_alt_m: this.maxAltM });
      if (number !== this.asked) return;
      this.answer = answer;
      this.version = version;
      this.trouble = "";
    } catch (error) {
      if (number === this.asked) this.trouble = (error as Error).message;
    }
  }
}

export const checking = new Checking();

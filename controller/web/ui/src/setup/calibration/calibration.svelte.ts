// Calibrations of the selected aircraft, as the server tells of them.
import { ApiError, get, post } from "../../lib/api";
import { live } from "../../lib/live.svelte";

export type Side = "level" | "left" | "right" | "nose_down" | "nose_up" | "back";
export type CalibrationName = "accel" | "accel_simple" | "compass" | "gyro" | "level" | "pressure" | "airspeed";

export interface Offered {
  name: CalibrationName;
  way: "answer" | "positions" | "compasses" | "texts";
}

export interface Last {
  name: CalibrationName;
  active: boolean;
  phase: "starting" | "position" | "measuring" | "done" | "failed" | "cancelled";
  wanted: Side | "";
  confirm: boolean;
  sides: [Side, "open" | "now" | "done"][];
  percent: number | null;
  compasses: [number, number, string][];
  says: string;
  reboot: boolean;
}

export interface CalibrationState {
  offered: Offered[];
  last: Last | null;
  armed: boolean;
}

const POLL_MS = { active: 300, idle: 1500 };

class Calibration {
  state = $state.raw<CalibrationState | null>(null);
  error = $state("");
  private aircraft: string | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  open(aircraft: string | null): () => void {
    if (aircraft !== this.aircraft) {
      this.state = null;
      this.error = "";
    }
    this.aircraft = aircraft;
    void this.poll();
    return () => clearTimeout(this.timer);
  }

  async begin(name: CalibrationName): Promise<void> {
    await this.call("begin", { name });
  }

  async confirm(): Promise<void> {
    await this.call("confirm", {});
  }

  async stop(): Promise<void> {
    await this.call("stop", {});
  }

  private async call(what: string, body: Record<string, string>): Promise<void> {
    this.error = "";
    // Never another aircraft than the one that is looked at.
    if (this.aircraft === null || live.selectedId !== this.aircraft) return;
    try {
      this.state = await post<CalibrationState>(`/api/setup/calibration/${what}`, { aircraft: this.aircraft, ...body });
    } catch (error) {
      this.error = error instanceof ApiError ? error.message : String(error);
    }
    void this.poll();
  }

  private async poll(): Promise<void> {
    clearTimeout(this.timer);
    const aircraft = this.aircraft;
    if (aircraft === null) return;
    try {
      const state = await get<CalibrationState>(`/api/setup/calibration?aircraft=${aircraft}`);
      if (aircraft === this.aircraft) this.state = state;
    } catch (error) {
      this.error = error instanceof ApiError ? error.message : String(error);
    }
    if (aircraft !== this.aircraft) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.poll(), this.state?.last?.active ? POLL_MS.active : POLL_MS.idle);
  }
}

export const calibration = new Calibration();

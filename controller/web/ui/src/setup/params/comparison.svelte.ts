// A comparison of the parameters on board with a file or another aircraft, and the rows chosen to be written.
import { SvelteSet } from "svelte/reactivity";

import { ApiError, post } from "../../lib/api";
import { live } from "../../lib/live.svelte";
import { params } from "./params.svelte";

export type RowState = "same" | "differs" | "outside" | "left" | "unfit" | "absent";

export interface CompareRow {
  name: string;
  file: string;
  onboard: string | null;
  state: RowState;
  why: string;
}

interface Compared {
  rows: CompareRow[];
  missing: string[];
  notes: string[];
}

const MOST_BYTES = 1 << 20;
export const WRITABLE: readonly RowState[] = ["differs", "outside", "left"];

class Comparison {
  /** Title of what is compared with; "" while nothing is open. */
  with = $state("");
  /** Aircraft that the rows are for: a comparison is never written to another one. */
  aircraft = $state("");
  rows = $state.raw<CompareRow[]>([]);
  missing = $state.raw<string[]>([]);
  notes = $state.raw<string[]>([]);
  error = $state("");
  readonly chosen = new SvelteSet<string>();

  async withFile(file: File): Promise<void> {
    if (file.size > MOST_BYTES) {
      this.error = `${file.name}: ${Math.round(file.size / 1024)} kB > ${MOST_BYTES / 1024} kB`;
      return;
    }
    await this.open(file.name, { file: await file.text(), name: file.name });
  }

  async withAircraft(id: string): Promise<void> {
    await this.open(live.aircraft.get(id)?.name ?? id, { other: id });
  }

  /** Rows of the defaults are never chosen at once: with them calibration and frame would go. */
  async withDefaults(title: string): Promise<void> {
    await this.open(title, { defaults: true }, false);
  }

  close(): void {
    this.with = "";
    this.rows = [];
    this.chosen.clear();
  }

  private async open(title: string, body: Record<string, string | boolean>, choose = true): Promise<void> {
    this.error = "";
    const aircraft = params.aircraft ?? "";
    try {
      const found = await post<Compared>("/api/params/compare", { aircraft, ...body });
      this.with = title;
      this.aircraft = aircraft;
      this.rows = found.rows;
      this.missing = found.missing;
      this.notes = found.notes;
      this.chosen.clear();
      for (const row of found.rows) if (choose && row.state === "differs") this.chosen.add(row.name);
    } catch (error) {
      this.error = error instanceof ApiError ? error.message : String(error);
    }
  }
}

export const comparison = new Comparison();

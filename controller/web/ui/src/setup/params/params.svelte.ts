// Parameters of the selected aircraft: what the server has read, what is shown of it, and what is being done.
import { SvelteSet } from "svelte/reactivity";

import { ApiError, get, post } from "../../lib/api";
import { groupOf, isDefault, type ParamDoc, row, type Row, search } from "./rows";

export interface Change {
  name: string;
  before: string;
  after: string;
  utc: string;
  by: string;
}

export interface Result {
  changed: Record<string, [string, string, boolean]>;
  failed: Record<string, string>;
}

export interface ParamState {
  busy: "" | "read" | "load" | "set";
  done: number;
  total: number;
  current: string;
  error: string;
  read_at: string;
  count: number;
  docs: { source: string; count: number };
  version: number;
  armed: boolean;
  result: Result | null;
  changes: Change[];
}

export interface Done {
  name: string;
  before: string;
  value: string;
  reboot: boolean;
}

export type Show = "all" | "differs" | "session" | "favourites";
const FAVOURITES = "landline.favourite-params";
const POLL_MS = { busy: 250, idle: 2000 };

function saved(): string[] {
  try {
    const names: unknown = JSON.parse(localStorage.getItem(FAVOURITES) ?? "[]");
    return Array.isArray(names) ? names.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

class Params {
  /** Aircraft of all that is here; it changes with the selected one. */
  aircraft = $state<string | null>(null);
  state = $state.raw<ParamState | null>(null);
  rows = $state.raw<Row[]>([]);
  query = $state("");
  show = $state<Show>("all");
  group = $state("");
  selected = $state("");
  error = $state("");
  readonly favourites = new SvelteSet<string>(saved());
  private shownVersion = -1;
  private timer: ReturnType<typeof setTimeout> | undefined;

  readonly changed = $derived(new Set(this.state?.changes.map((one) => one.name) ?? []));
  /** Rows that the filters leave, before the group. */
  readonly filtered = $derived.by(() => {
    const kept = this.rows.filter((one) => {
      if (this.show === "differs") return isDefault(one) === false;
      if (this.show === "session") return this.changed.has(one.name);
      if (this.show === "favourites") return this.favourites.has(one.name);
      return true;
    });
    return search(kept, this.query);
  });
  readonly groups = $derived.by(() => {
    const counts = new Map<string, number>();
    for (const one of this.filtered) counts.set(groupOf(one.name), (counts.get(groupOf(one.name)) ?? 0) + 1);
    return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  });
  readonly shown = $derived(
    this.group === "" ? this.filtered : this.filtered.filter((one) => groupOf(one.name) === this.group),
  );
  readonly one = $derived(this.rows.find((one) => one.name === this.selected) ?? null);

  /** Show an aircraft; call it when the selected one changes. Returns what ends it. */
  open(aircraft: string | null): () => void {
    if (aircraft !== this.aircraft) {
      this.aircraft = aircraft;
      this.state = null;
      this.rows = [];
      this.shownVersion = -1;
      this.error = "";
    }
    void this.poll();
    return () => clearTimeout(this.timer);
  }

  async poll(): Promise<void> {
    clearTimeout(this.timer);
    const aircraft = this.aircraft;
    if (aircraft === null) return;
    try {
      const state = await get<ParamState>(`/api/params/state?aircraft=${aircraft}`);
      if (aircraft !== this.aircraft) return;
      const before = this.state;
      this.state = state;
      if (state.version !== this.shownVersion || before?.changes.length !== state.changes.length)
        await this.load(aircraft, state.version);
      // Read once in a session without being asked, but not while it flies: the link has better to do then.
      if (state.count === 0 && state.busy === "" && state.error === "" && before === null && !state.armed)
        await this.read();
    } catch (error) {
      this.fail(error);
    }
    if (aircraft === this.aircraft) {
      clearTimeout(this.timer);
      const busy = this.state !== null && this.state.busy !== "";
      this.timer = setTimeout(() => void this.poll(), busy ? POLL_MS.busy : POLL_MS.idle);
    }
  }

  private async load(aircraft: string, version: number): Promise<void> {
    const list = await get<{ values: Record<string, [string, number, number]> }>(
      `/api/params/list?aircraft=${aircraft}`,
    );
    const docs =
      version === this.shownVersion
        ? new Map(this.rows.map((one) => [one.name, one.doc]))
        : new Map(
            Object.entries(
              (await get<{ docs: Record<string, ParamDoc> }>(`/api/params/docs?aircraft=${aircraft}`)).docs,
            ),
          );
    if (aircraft !== this.aircraft) return;
    this.rows = Object.entries(list.values).map(([name, value]) => row(name, value, docs.get(name) ?? {}));
    this.shownVersion = version;
    if (this.one === null) this.selected = this.shown[0]?.name ?? "";
  }

  async read(): Promise<void> {
    await this.call("/api/params/read", {});
  }

  async stop(): Promise<void> {
    await this.call("/api/params/stop", {});
  }

  /** Write one value. Throws ApiError with the server's line. */
  async set(name: string, value: string, allow: { outside: boolean; armed: boolean }): Promise<Done> {
    try {
      return await post<Done>("/api/params/set", {
        aircraft: this.aircraft,
        name,
        value,
        ...allow,
      });
    } finally {
      await this.poll();
    }
  }

  /** Write several values in the background; `state` tells how far it is. */
  async write(values: { name: string; value: string }[], everything = false): Promise<void> {
    await this.call("/api/params/load", { values, everything });
  }

  async giveDocs(file: File): Promise<void> {
    this.error = "";
    try {
      await post(`/api/params/give_docs?aircraft=${this.aircraft}&name=${encodeURIComponent(file.name)}`, file);
    } catch (error) {
      this.fail(error);
    }
    await this.poll();
  }

  /** Values that this session has changed, with those before it. */
  get undoable(): { name: string; value: string }[] {
    const first = new Map<string, string>();
    for (const one of this.state?.changes ?? []) if (!first.has(one.name)) first.set(one.name, one.before);
    return [...first]
      .map(([name, value]) => ({ name, value }))
      .filter((one) => this.rows.find((row) => row.name === one.name)?.value !== one.value);
  }

  toggleFavourite(name: string): void {
    if (!this.favourites.delete(name)) this.favourites.add(name);
    localStorage.setItem(FAVOURITES, JSON.stringify([...this.favourites]));
  }

  fail(error: unknown): void {
    this.error = error instanceof ApiError ? error.message : "";
  }

  private async call(path: string, body: Record<string, unknown>): Promise<void> {
    this.error = "";
    try {
      this.state = await post<ParamState>(path, { aircraft: this.aircraft, ...body });
      await this.poll();
    } catch (error) {
      this.fail(error);
    }
  }
}

export const params = new Params();

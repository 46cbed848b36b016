// The plan that is edited: its changes with undo, what is selected, the tool, and a draft that outlives a reload.
import { SvelteSet } from "svelte/reactivity";

import type { Change, Doc } from "./edit";
import * as edit from "./edit";
import { CMD, emptyPlan, isEmpty, type LatLon, type Plan, type PlanItem } from "./model";
import { type Pattern, storedPatterns } from "./patterns";

export type Tool =
  | "select"
  | "takeoff"
  | "waypoint"
  | "loiter"
  | "land"
  | "roi"
  | "home"
  | "rally"
  | "fence-polygon"
  | "fence-circle"
  | "survey"
  | "corridor";
export type Tab = "items" | "areas" | "checks" | "aircraft" | "file";

/** What is chosen beside items: a part of the fence, a rally point, home, or a survey. */
export type Chosen =
  | { kind: "polygon" | "circle" | "rally" | "pattern"; index: number }
  | { kind: "home" | "return" }
  | null;

const ENDINGS: ReadonlySet<number> = new Set([CMD.RETURN, CMD.LAND, CMD.VTOL_LAND]);
const UNDO_KEPT = 200;
const DRAFT_KEY = "landline.plan";

interface Draft {
  doc: Doc;
  name: string;
  saved: boolean;
}

class Editor {
  doc = $state.raw<Doc>({ plan: emptyPlan(), patterns: [] });
  /** Indices of the selected items, from 0. */
  readonly selected = new SvelteSet<number>();
  chosen = $state.raw<Chosen>(null);
  tool = $state<Tool>("select");
  tab = $state<Tab>("items");
  /** Points of a shape that is being drawn. */
  drawn = $state.raw<LatLon[]>([]);
  /** File name without its ending. */
  name = $state("plan");
  /** One line for the operator; "" for none. */
  notice = $state("");
  trouble = $state("");
  /** Whether the plan was changed after it was saved, opened or cleared. */
  unsaved = $state(false);
  draftKept = $state(true);
  /** Distance along the flown path under the pointer, m; the profile and the map show it. */
  hoverM = $state<number | null>(null);
  /** An item of a large plan on its way to a new place: shown alone until it is dropped. */
  ghost = $state.raw<{ index: number; place: LatLon } | null>(null);
  /** Counts the changes. */
  version = $state(0);
  /** Asks the map to show the whole plan; counts the requests. */
  fit = $state(0);
  private undone = $state.raw<Doc[]>([]);
  private done = $state.raw<Doc[]>([]);
  private merging = "";

  constructor() {
    this.restore();
  }

  get plan(): Plan {
    return this.doc.plan;
  }

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  /** The only selected item, by its index; null for none or several. */
  get only(): number | null {
    return this.selected.size === 1 ? ([...this.selected][0] as number) : null;
  }

  /** Make a change that can be undone. Changes in a row with one `merge` name are undone together. */
  apply(doc: Doc, merge = ""): void {
    if (merge === "" || merge !== this.merging) this.done = [...this.done, this.doc].slice(-UNDO_KEPT);
    this.merging = merge;
    this.undone = [];
    this.show(doc);
  }

  /** The next change is undone on its own. */
  endMerge(): void {
    this.merging = "";
  }

  applyPlan(part: Partial<Plan>, merge = ""): void {
    this.apply({ ...this.doc, plan: { ...this.plan, ...part } }, merge);
  }

  applyChange({ doc, dropped }: Change, merge = ""): void {
    this.apply(doc, merge);
    if (dropped.length > 0) this.notice = `dropped:${dropped.join(", ")}`;
  }

  undo(): void {
    const doc = this.done.at(-1);
    if (!doc) return;
    this.done = this.done.slice(0, -1);
    this.undone = [...this.undone, this.doc];
    this.merging = "";
    this.show(doc);
  }

  redo(): void {
    const doc = this.undone.at(-1);
    if (!doc) return;
    this.undone = this.undone.slice(0, -1);
    this.done = [...this.done, this.doc];
    this.merging = "";
    this.show(doc);
  }

  /** Take another plan as the one that is edited; the one before can be had back with undo. */
  take(plan: Plan, name: string): void {
    this.apply({ plan, patterns: storedPatterns(plan) });
    this.name = name;
    this.unsaved = false;
    this.select([]);
    this.notice = "";
    this.trouble = "";
    this.tool = "select";
    this.drawn = [];
    this.fit += 1;
    this.store();
  }

  clear(): void {
    this.take(emptyPlan(), "plan");
  }

  saved(): void {
    this.unsaved = false;
    this.store();
  }

  // Items

  select(indices: Iterable<number>, chosen: Chosen = null): void {
    this.selected.clear();
    for (const index of indices) this.selected.add(index);
    this.chosen = chosen;
  }

  choose(chosen: Chosen): void {
    this.select([], chosen);
  }

  /** Index at which a new item belongs: after the selection, else at the end, before a return or landing there. */
  insertAt(): number {
    const { items } = this.plan;
    const at = this.selected.size > 0 ? Math.max(...this.selected) + 1 : items.length;
    const last = items.at(-1);
    return at === items.length && last && ENDINGS.has(last.command) ? at - 1 : at;
  }

  insert(items: PlanItem[], at = this.insertAt()): void {
    this.applyChange(edit.inserted(this.doc, at, items));
    this.select(items.map((_, index) => at + index));
  }

  remove(): void {
    if (this.selected.size > 0) {
      const first = Math.min(...this.selected);
      this.applyChange(edit.removed(this.doc, this.selected));
      const left = this.plan.items.length;
      this.select(left === 0 ? [] : [Math.min(first, left - 1)]);
    } else if (this.chosen) {
      this.removeChosen(this.chosen);
    }
  }

  private removeChosen(chosen: Exclude<Chosen, null>): void {
    const { fence, rally } = this.plan;
    const without = <T>(all: readonly T[], index: number) => all.filter((_, one) => one !== index);
    if (chosen.kind === "polygon") {
      this.applyPlan({ fence: { ...fence, polygons: without(fence.polygons, chosen.index) } });
    } else if (chosen.kind === "circle") {
      this.applyPlan({ fence: { ...fence, circles: without(fence.circles, chosen.index) } });
    } else if (chosen.kind === "rally") {
      this.applyPlan({ rally: without(rally, chosen.index) });
    } else if (chosen.kind === "return") {
      this.applyPlan({ fence: { ...fence, breach_return: null } });
    } else if (chosen.kind === "home") {
      this.applyPlan({ home: null });
    } else if (chosen.kind === "pattern") {
      const pattern = this.doc.patterns[chosen.index];
      if (!pattern) return;
      const own = new Set(Array.from({ length: pattern.count }, (_, step) => pattern.at + step));
      const patterns = this.doc.patterns.filter((one) => one !== pattern);
      this.applyChange(edit.removed({ ...this.doc, patterns }, own));
    }
    this.choose(null);
  }

  /** Move the selected items by one place: -1 up, 1 down. */
  move(by: -1 | 1): void {
    const chosen = [...this.selected].sort((one, two) => one - two);
    const first = chosen[0];
    const last = chosen.at(-1);
    if (first === undefined || last === undefined) return;
    if (by < 0 ? first === 0 : last === this.plan.items.length - 1) return;
    this.moveTo(by < 0 ? first - 1 : last + 2);
  }

  /** Move the selected items together before index `to`. */
  moveTo(to: number): void {
    const chosen = new Set(this.selected);
    if (chosen.size === 0) return;
    const at = this.plan.items.filter((_, index) => index < to && !chosen.has(index)).length;
    this.applyChange(edit.moved(this.doc, chosen, to));
    this.select([...chosen].map((_, step) => at + step));
  }

  change(news: ReadonlyMap<number, PlanItem>, merge = ""): void {
    this.applyChange(edit.changed(this.doc, news), merge);
  }

  pattern(pattern: Pattern, items: PlanItem[], replaces: Pattern | null, merge = ""): void {
    this.applyChange(edit.withPattern(this.doc, pattern, items, replaces), merge);
    const index = this.doc.patterns.findIndex((one) => one.points === pattern.points);
    this.choose(index < 0 ? null : { kind: "pattern", index });
  }

  // Draft

  private show(doc: Doc): void {
    this.doc = doc;
    this.version += 1;
    this.unsaved = true;
    this.notice = "";
    const count = doc.plan.items.length;
    for (const index of [...this.selected]) if (index >= count) this.selected.delete(index);
    if (this.chosen && "index" in this.chosen && this.chosen.index >= this.countOf(this.chosen.kind)) this.chosen = null;
    this.store();
  }

  private countOf(kind: "polygon" | "circle" | "rally" | "pattern"): number {
    const { fence, rally } = this.plan;
    if (kind === "polygon") return fence.polygons.length;
    if (kind === "circle") return fence.circles.length;
    return kind === "rally" ? rally.length : this.doc.patterns.length;
  }

  private storing: ReturnType<typeof setTimeout> | undefined;

  /** Keep the draft a moment later, and at once when the page is left. */
  private store(): void {
    clearTimeout(this.storing);
    this.storing = setTimeout(() => this.storeNow(), 300);
  }

  storeNow(): void {
    clearTimeout(this.storing);
    try {
      if (isEmpty(this.plan) && !this.unsaved) localStorage.removeItem(DRAFT_KEY);
      else {
        const draft: Draft = { doc: this.doc, name: this.name, saved: !this.unsaved };
        localStorage.setItem(DRAFT_KEY, JSON.stringify(draft));
      }
      this.draftKept = true;
    } catch {
      this.draftKept = false; // the browser's storage is full or forbidden: the page says so
    }
  }

  private restore(): void {
    try {
      const draft = JSON.parse(localStorage.getItem(DRAFT_KEY) ?? "null") as Draft | null;
      if (!draft || !Array.isArray(draft.doc.plan.items)) return;
      this.doc = draft.doc;
      this.name = draft.name;
      this.unsaved = !draft.saved;
      this.fit += 1;
    } catch {
      localStorage.removeItem(DRAFT_KEY); // of another version of the page
    }
  }
}

export const editor = new Editor();
addEventListener("pagehide", () => editor.storeNow());

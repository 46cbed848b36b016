// Changes of the item list as pure functions: jumps keep their targets, patterns keep their items or become plain items.
import { CMD, type Plan, type PlanItem } from "./model";
import type { Pattern } from "./patterns";

/** What is edited: the plan, and the settings of the surveys and corridors that were made here. */
export interface Doc {
  readonly plan: Plan;
  readonly patterns: readonly Pattern[];
}

/** A change of a document; `dropped` names patterns whose outline is gone, because their items were changed one by one. */
export interface Change {
  doc: Doc;
  dropped: string[];
}

type Kept = { kept: number };
type Step = Kept | { added: PlanItem };

/** Insert items before index `at`. */
export function inserted(doc: Doc, at: number, items: PlanItem[]): Change {
  const steps: Step[] = doc.plan.items.map((_, kept) => ({ kept }));
  steps.splice(at, 0, ...items.map((added) => ({ added })));
  return rebuilt(doc, steps);
}

export function removed(doc: Doc, indices: ReadonlySet<number>): Change {
  const steps = doc.plan.items.map((_, kept) => ({ kept })).filter(({ kept }) => !indices.has(kept));
  return rebuilt(doc, steps);
}

/** Move items by one place up (-1) or down (1), or so that they stand together before index `to`. */
export function moved(doc: Doc, indices: ReadonlySet<number>, to: number): Change {
  const chosen = [...indices].sort((one, two) => one - two);
  const order = doc.plan.items.map((_, index) => index);
  const rest = order.filter((index) => !indices.has(index));
  const at = rest.filter((index) => index < to).length;
  rest.splice(at, 0, ...chosen);
  return rebuilt(
    doc,
    rest.map((kept) => ({ kept })),
  );
}

/** Replace items at some indices, without a change of the order. */
export function changed(doc: Doc, news: ReadonlyMap<number, PlanItem>): Change {
  const items = doc.plan.items.map((item, index) => news.get(index) ?? item);
  const touches = (one: { at: number; count: number }) =>
    [...news.keys()].some((index) => index >= one.at && index < one.at + one.count);
  const stored = doc.plan.patterns.filter((one) => !touches(one));
  const own = doc.patterns.filter((one) => !touches(one));
  const dropped = [
    ...doc.plan.patterns.filter(touches).map((one) => one.kind),
    ...doc.patterns.filter(touches).map((one) => one.kind),
  ];
  return { doc: { plan: { ...doc.plan, items, patterns: stored }, patterns: own }, dropped };
}

/** Replace the items of one of our patterns, or insert those of a new one before index `at`. */
export function withPattern(doc: Doc, pattern: Pattern, items: PlanItem[], replaces: Pattern | null): Change {
  const at = replaces ? replaces.at : pattern.at;
  const count = replaces ? replaces.count : 0;
  const others: Doc = { ...doc, patterns: doc.patterns.filter((one) => one !== replaces) };
  const steps: Step[] = others.plan.items.map((_, kept) => ({ kept }));
  steps.splice(at, count, ...items.map((added) => ({ added })));
  const { doc: made, dropped } = rebuilt(others, steps);
  const placed = { ...pattern, at, count: items.length };
  const patterns = [...made.patterns, placed].sort((one, two) => one.at - two.at);
  return { doc: { ...made, patterns }, dropped };
}

function rebuilt(doc: Doc, steps: Step[]): Change {
  const { items } = doc.plan;
  const newIndex = new Map<number, number>();
  steps.forEach((step, index) => {
    if ("kept" in step) newIndex.set(step.kept, index);
  });
  const targets = jumpTargets(items);
  const built = steps.map((step): PlanItem => {
    if ("added" in step) return step.added;
    const item = items[step.kept] as PlanItem;
    const plain = item.jump_id === null ? item : { ...item, jump_id: null };
    const target = targets.get(step.kept);
    if (target === undefined) return plain;
    // A jump whose target is gone points to no item: the check says so.
    const number = newIndex.has(target) ? (newIndex.get(target) as number) + 1 : 0;
    return { ...plain, params: [number, ...item.params.slice(1)] };
  });
  const dropped: string[] = [];
  const shifted = <T extends { at: number; count: number; kind: string }>(all: readonly T[]): T[] =>
    all.flatMap((one) => {
      const at = shiftedAt(one, newIndex, items.length, steps.length);
      if (at !== null) return [{ ...one, at }];
      dropped.push(one.kind);
      return [];
    });
  const plan = { ...doc.plan, items: built, patterns: shifted(doc.plan.patterns) };
  return { doc: { plan, patterns: shifted(doc.patterns) }, dropped };
}

/** The new place of a pattern whose items still stand together in order; null where they do not. */
function shiftedAt(
  one: { at: number; count: number },
  newIndex: Map<number, number>,
  before: number,
  after: number,
): number | null {
  if (one.count === 0) {
    for (let index = one.at; index < before; index++) {
      const at = newIndex.get(index);
      if (at !== undefined) return at;
    }
    return after;
  }
  const first = newIndex.get(one.at);
  if (first === undefined) return null;
  for (let step = 1; step < one.count; step++) if (newIndex.get(one.at + step) !== first + step) return null;
  return first;
}

/** Index of each jump's target, where exactly one item has its number. */
function jumpTargets(items: PlanItem[]): Map<number, number> {
  const numbers = new Map<number, number[]>();
  items.forEach((item, index) => {
    const number = item.jump_id ?? index + 1;
    numbers.set(number, [...(numbers.get(number) ?? []), index]);
  });
  const targets = new Map<number, number>();
  items.forEach((item, index) => {
    if (item.command !== CMD.JUMP && item.command !== CMD.SET_CURRENT) return;
    const found = numbers.get(item.params[0] ?? NaN) ?? [];
    if (found.length === 1) targets.set(index, found[0] as number);
  });
  return targets;
}

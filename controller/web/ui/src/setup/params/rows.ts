// Rows of the parameter list: search, groups, defaults, and the check of a typed value. No state, no page.

export interface ParamDoc {
  title?: string;
  text?: string;
  group?: string;
  unit?: string;
  low?: number;
  high?: number;
  step?: number;
  places?: number;
  default?: number;
  options?: [number, string][];
  bits?: [number, string][];
  reboot?: boolean;
  read_only?: boolean;
  advanced?: boolean;
}

export interface Row {
  name: string;
  /** The value as text with all its digits, as the server gives it. */
  value: string;
  /** Whether it is a whole number. */
  whole: boolean;
  /** Whether the autopilot maintains it itself. */
  kept: boolean;
  doc: ParamDoc;
  /** Lower-case name and documentation, for the search. */
  words: string;
}

export const NO_GROUP = "…";

/** The part of the name before the first underscore: RTL of RTL_ALT. */
export function groupOf(name: string): string {
  const at = name.indexOf("_");
  return at > 0 ? name.slice(0, at) : NO_GROUP;
}

export function row(name: string, [value, whole, kept]: [string, number, number], doc: ParamDoc): Row {
  const words = `${name} ${doc.title ?? ""} ${doc.text ?? ""} ${doc.group ?? ""}`.toLowerCase();
  return { name, value, whole: whole === 1, kept: kept === 1, doc, words };
}

/** Rows in which every word stands; those with it in the name first. */
export function search(rows: Row[], typed: string): Row[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  const found = rows.filter((one) => words.every((word) => one.words.includes(word)));
  const first = words[0] as string;
  const rank = (one: Row) => {
    const name = one.name.toLowerCase();
    return name === first ? 0 : name.startsWith(first) ? 1 : words.every((word) => name.includes(word)) ? 2 : 3;
  };
  return [...found].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** Two values are the same to the digits of a 32-bit float. */
export function same(one: number, two: number): boolean {
  return one === two || Math.fround(one) === Math.fround(two) || Math.abs(one - two) <= 1e-6 * Math.abs(two);
}

/** Whether the value is the documented default; null where that is not known. */
export function isDefault(one: Row): boolean | null {
  return one.doc.default === undefined ? null : same(Number(one.value), one.doc.default);
}

/** A number with the fewest digits that a 32-bit float needs. */
export function text(value: number): string {
  if (Number.isInteger(value)) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return String(short);
  }
  return String(value);
}

/** The meaning of a value: name of the option, or names of the bits that are set. */
export function meaning(doc: ParamDoc, value: number): string {
  const option = doc.options?.find(([known]) => same(known, value));
  if (option) return option[1];
  if (!doc.bits || !Number.isInteger(value)) return "";
  return doc.bits
    .filter(([bit]) => hasBit(value, bit))
    .map(([, words]) => words)
    .join(", ");
}

export function hasBit(value: number, bit: number): boolean {
  return (BigInt(Math.trunc(value)) & (1n << BigInt(bit))) !== 0n;
}

export function withBit(value: number, bit: number, set: boolean): number {
  const mask = 1n << BigInt(bit);
  const whole = BigInt(Math.trunc(value));
  return Number(set ? whole | mask : whole & ~mask);
}

export type Problem = "empty" | "comma" | "number" | "whole" | "low" | "high" | "option" | null;

/** What is wrong with a typed value. `low`, `high` and `option` are only outside the documentation. */
export function problem(one: Row, typed: string): Problem {
  const trimmed = typed.trim();
  if (trimmed === "") return "empty";
  if (/^[+-]?\d+,\d+$/.test(trimmed)) return "comma";
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed) && !/^[+-]?0[xX][0-9a-fA-F]+$/.test(trimmed))
    return "number";
  const value = Number(trimmed);
  if (one.whole && !Number.isInteger(value)) return "whole";
  if (one.doc.bits) return null;
  if (one.doc.options?.some(([known]) => same(known, value))) return null;
  if (one.doc.low !== undefined && value < one.doc.low && !same(value, one.doc.low)) return "low";
  if (one.doc.high !== undefined && value > one.doc.high && !same(value, one.doc.high)) return "high";
  if (one.doc.options && one.doc.low === undefined && one.doc.high === undefined) return "option";
  return null;
}

export const OUTSIDE: readonly Problem[] = ["low", "high", "option"];

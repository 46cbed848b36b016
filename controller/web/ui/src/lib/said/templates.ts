// Texts of the server in another language. Its sentences are templates with gaps: `cannot {title}: {name} has control`.
// A text is matched against all of them, the one with the most fixed words first, and each gap is translated in turn.
// What no template has stays as it is.

/** English templates with their translations; a gap `{says}` holds the aircraft's own words and stays as it is. */
export type Table = Record<string, string>;

export interface Piece {
  text: string;
  /** Whether these are English words, for a screen reader to speak them so. */
  english: boolean;
}

interface Template {
  pattern: RegExp;
  gaps: string[];
  /** The translation in turns: words, gap, words, gap, ... */
  turns: string[];
  /** So few fixed words that it only counts where each gap is known. */
  weak: boolean;
  letters: number;
}

export interface Templates {
  exact: Map<string, string>;
  /** Templates that begin with fixed text, by its first word; under "" those that begin with a gap. */
  byWord: Map<string, Template[]>;
  /** What was found of texts and their parts. */
  kept: Map<string, Part[] | null>;
}

const GAP = /\{(\w+)\}/;
const RAW = "says";
const WEAK_LETTERS = 7;
const WEAK_LETTERS_AFTER_GAP = 14;
/** Common words: those of names, paths and keys are none. */
const WORDS = /(?<![\p{L}\d_./-])[A-Za-z]?[a-z]{2,}(?![\p{L}\d_./-])/gu;
/** Longest text that is looked up: no sentence of the server is longer. */
const MOST_TEXT = 2000;
const MOST_KEPT = 20_000;
/** Marks between the parts of a text, with those of the translation. */
const MARKS = [["; ", "; "], [": ", ": "], [", ", ", "], [" and ", " und "], [" or ", " oder "]] as const;
const ORIGINS = ["Landline's fault", "your input", "the link", "the aircraft", "a safety check", "verification"];

export function compile(table: Table): Templates {
  const exact = new Map<string, string>();
  const byWord = new Map<string, Template[]>();
  for (const [english, other] of Object.entries(table)) {
    if (!GAP.test(english)) {
      exact.set(english, other);
      continue;
    }
    const parts = english.split(GAP);
    const fixed = parts.filter((_, index) => index % 2 === 0);
    const letters = fixed.join("").replace(/[^\p{L}]/gu, "").length;
    const template: Template = {
      pattern: new RegExp(`^${fixed.map(escaped).join("(.*?)")}$`, "s"),
      gaps: parts.filter((_, index) => index % 2 === 1),
      turns: other.split(GAP),
      weak: letters < (fixed[0] === "" ? WEAK_LETTERS_AFTER_GAP : WEAK_LETTERS),
      letters,
    };
    const word = firstWord(fixed[0] ?? "");
    byWord.set(word, [...(byWord.get(word) ?? []), template]);
  }
  for (const list of byWord.values()) list.sort((a, b) => b.letters - a.letters);
  return { exact, byWord, kept: new Map() };
}

/** The text in pieces, translated as far as its templates are known. */
export function translated(templates: Templates, text: string): Piece[] {
  const found = text.length > MOST_TEXT ? null : known(templates, text);
  if (templates.kept.size > MOST_KEPT) templates.kept.clear();
  return merged(found ?? [plain(text)]);
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** The first word of a text that is certainly whole: a gap may go on in it. */
function firstWord(text: string): string {
  return /^\S+(?=\s)/.exec(text)?.[0] ?? "";
}

/** A piece on the way: `kept` where it is as the server sent it. */
interface Part {
  text: string;
  kept: boolean;
}

const plain = (text: string): Part => ({ text, kept: true });
const said = (text: string): Part => ({ text, kept: false });

/** The text translated; null where nothing of it is known. Of several ways the one that leaves the least English. */
function known(templates: Templates, text: string): Part[] | null {
  const bare = text.trim();
  if (bare === "") return null;
  if (bare !== text) {
    const inside = known(templates, bare);
    const start = text.indexOf(bare);
    return inside && [said(text.slice(0, start)), ...inside, said(text.slice(start + bare.length))];
  }
  const whole = templates.exact.get(text);
  if (whole !== undefined) return [said(whole)];
  let found = templates.kept.get(text);
  if (found === undefined) templates.kept.set(text, (found = best(templates, text)));
  return found;
}

/** Each part of a text is looked up once, however many ways lead to it. */
function best(templates: Templates, text: string): Part[] | null {
  let chosen: Part[] | null = fromOrigin(templates, text);
  if (chosen) return chosen;
  for (const ways of [strong, fromParts, weak])
    for (const pieces of ways(templates, text)) {
      if (chosen === null || left(pieces) < left(chosen)) chosen = pieces;
      if (left(chosen) === 0) return chosen;
    }
  return chosen;
}

/** Number of letters in common words that are not translated. */
function left(pieces: Part[]): number {
  return pieces.reduce((sum, piece) => sum + (piece.kept ? (piece.text.match(WORDS) ?? []).join("").length : 0), 0);
}

/** An error of the server: `problem (origin); next step`. */
function fromOrigin(templates: Templates, text: string): Part[] | null {
  for (const origin of ORIGINS) {
    const mark = ` (${origin})`;
    const at = text.lastIndexOf(mark);
    const after = text.slice(at + mark.length);
    if (at <= 0 || !(after === "" || after.startsWith("; "))) continue;
    return [
      ...orPlain(templates, text.slice(0, at)),
      said(` (${templates.exact.get(origin) ?? origin})`),
      ...(after ? [said("; "), ...orPlain(templates, after.slice(2))] : []),
    ];
  }
  return null;
}

function orPlain(templates: Templates, text: string): Part[] {
  return known(templates, text) ?? [plain(text)];
}

const strong = (templates: Templates, text: string): Generator<Part[]> =>
  filled(templates, candidates(templates, text, false), text);
const weak = (templates: Templates, text: string): Generator<Part[]> =>
  filled(templates, candidates(templates, text, true), text);

function candidates(templates: Templates, text: string, isWeak: boolean): Template[] {
  const found = [...(templates.byWord.get(firstWord(text)) ?? []), ...(templates.byWord.get("") ?? [])];
  return found.filter((one) => one.weak === isWeak);
}

/** The translations by those of the candidates that match. */
function* filled(templates: Templates, among: Template[], text: string): Generator<Part[]> {
  for (const template of among) {
    const values = template.pattern.exec(text)?.slice(1);
    if (!values || (template.weak && !values.every((value) => isSure(templates, value)))) continue;
    yield template.turns.flatMap((turn, index) => {
      if (index % 2 === 0) return [said(turn)];
      const value = values[template.gaps.indexOf(turn)] ?? "";
      return turn === RAW ? [plain(value)] : orPlain(templates, value);
    });
  }
}

/** Whether a value is a text that is known, or a number or name without a common word. */
function isSure(templates: Templates, value: string): boolean {
  return value.match(WORDS) === null || known(templates, value) !== null;
}

/** Ways to take a text for a list, or for a sentence with its reason: where a part of it is known. */
function* fromParts(templates: Templates, text: string): Generator<Part[]> {
  for (const [mark, shown] of MARKS) {
    const parts = mark === ": " ? halves(text, mark) : outsideBrackets(text, mark);
    if (parts.length < 2) continue;
    const found = parts.map((part, index) => {
      // A part may be known with its mark: `; did you mean LOITER?`.
      const marked = index ? withMark(templates, mark + part) : null;
      const alone = marked ?? known(templates, part);
      const before = index && !marked ? [said(shown)] : [];
      return { sure: alone !== null, pieces: [...before, ...(alone ?? [plain(part)])] };
    });
    if (found.some((one) => one.sure)) yield found.flatMap((one) => one.pieces);
  }
  const inBrackets = /^(.+?) \((.+)\)$/s.exec(text);
  if (!inBrackets) return;
  const [outside, inside] = [inBrackets[1] ?? "", inBrackets[2] ?? ""];
  const found = [known(templates, outside), known(templates, inside)] as const;
  if (found[0] || found[1])
    yield [...(found[0] ?? [plain(outside)]), said(" ("), ...(found[1] ?? [plain(inside)]), said(")")];
}

function withMark(templates: Templates, text: string): Part[] | null {
  const whole = templates.exact.get(text);
  if (whole !== undefined) return [said(whole)];
  return filled(templates, templates.byWord.get(firstWord(text)) ?? [], text).next().value ?? null;
}

/** The text split at a mark, but not inside brackets. */
function outsideBrackets(text: string, mark: string): string[] {
  const parts: string[] = [];
  for (const part of text.split(mark)) {
    const last = parts.at(-1);
    const isOpen = last !== undefined && last.split("(").length > last.split(")").length;
    if (isOpen) parts[parts.length - 1] = last + mark + part;
    else parts.push(part);
  }
  return parts;
}

function halves(text: string, mark: string): string[] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}

/** The pieces for the page. Two common words or more that were kept are English; a name, path or number is not. */
function merged(parts: Part[]): Piece[] {
  const found: Piece[] = [];
  for (const { text, kept } of parts) {
    const english = kept && (text.match(WORDS) ?? []).length >= 2;
    const last = found.at(-1);
    if (last && last.english === english) last.text += text;
    else if (text) found.push({ text, english });
  }
  return found;
}

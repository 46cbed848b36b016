// Marks of the life of an action, each another shape.
import type { ActionNews } from "../../lib/protocol";

export const MARKS: Record<ActionNews["outcome"], string> = {
  asked: "…",
  accepted: "▸",
  done: "✓",
  refused: "✕",
  unconfirmed: "?",
};

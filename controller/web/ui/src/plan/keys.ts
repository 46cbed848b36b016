// Keys of the plan view; fields of a form keep theirs.
import { editor } from "./editor.svelte";
import { finishShape } from "./placing";

function isTyping(event: KeyboardEvent): boolean {
  const on = event.target as HTMLElement;
  return on.matches?.("input, textarea, select") ?? false;
}

export function keydown(event: KeyboardEvent): void {
  const control = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (control && key === "z" && !isTyping(event)) {
    event.preventDefault();
    if (event.shiftKey) editor.redo();
    else editor.undo();
  } else if (control && key === "y" && !isTyping(event)) {
    event.preventDefault();
    editor.redo();
  } else if (isTyping(event)) {
    return;
  } else if (event.key === "Escape") {
    if (editor.drawn.length > 0) editor.drawn = [];
    else if (editor.tool !== "select") editor.tool = "select";
    else editor.select([]);
  } else if (event.key === "Enter" && editor.drawn.length > 0) {
    event.preventDefault();
    finishShape();
  } else if (event.key === "Backspace" && editor.drawn.length > 0) {
    event.preventDefault();
    editor.drawn = editor.drawn.slice(0, -1);
  } else if (event.key === "Delete" && (event.target as HTMLElement).tagName !== "BUTTON") {
    event.preventDefault();
    editor.remove();
  }
}

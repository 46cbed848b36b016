// Numbers as the page shows them: fixed places, so that they do not jump, and a dash for a value that is not known.

export const NO_VALUE = "–";

/** A number with fixed places; a dash where it is not known. */
export function fixed(value: number | null | undefined, places: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NO_VALUE;
  // Noise around zero must not flicker between 0.0 and -0.0.
  const text = value.toFixed(places);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

/** An age: 4 s, 3 min, 2 h. */
export function age(seconds: number): string {
  if (!Number.isFinite(seconds)) return NO_VALUE;
  if (seconds < 100) return `${Math.floor(seconds)} s`;
  if (seconds < 6000) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

/** A duration as minutes and seconds, or hours and minutes: 4:07, 1:02:33. */
export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return NO_VALUE;
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number: number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

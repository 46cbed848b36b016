// A long press of one finger that stays where it is. Browsers that turn it into a context menu do so themselves.
const PRESS_MS = 600;
const STAYS_PX = 10;

export function longPress(element: HTMLElement, pressed: (x: number, y: number) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let start: Touch | undefined;
  const stop = (): void => clearTimeout(timer);
  element.addEventListener(
    "touchstart",
    (event) => {
      stop();
      start = event.touches.length === 1 ? event.touches[0] : undefined;
      const at = start;
      if (!at) return;
      const box = element.getBoundingClientRect();
      timer = setTimeout(() => pressed(at.clientX - box.left, at.clientY - box.top), PRESS_MS);
    },
    { passive: true },
  );
  element.addEventListener(
    "touchmove",
    (event) => {
      const now = event.touches[0];
      if (start && now && Math.hypot(now.clientX - start.clientX, now.clientY - start.clientY) > STAYS_PX) stop();
    },
    { passive: true },
  );
  for (const end of ["touchend", "touchcancel"]) element.addEventListener(end, stop);
}

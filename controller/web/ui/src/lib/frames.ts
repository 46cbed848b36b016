// Work that is done once a frame of the page, however often it is asked for.

/** Longest wait, ms. A page that is not shown has no frames, and its ages, alarms and sounds must go on. */
const LONGEST_MS = 250;

export class EachFrame {
  private frame = 0;
  private timer = 0;
  private lastMs = 0;

  constructor(private readonly work: () => void) {}

  /** Do the work in the next frame. */
  soon(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(this.now);
    this.timer = window.setTimeout(this.now, LONGEST_MS);
  }

  /** Do it at once where no frame came for too long: browsers delay the timers of a hidden page by up to a minute. */
  late(): void {
    if (performance.now() - this.lastMs > LONGEST_MS) this.now();
  }

  /** Do the work at once, in place of the next frame. */
  readonly now = (): void => {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.frame = 0;
    this.lastMs = performance.now();
    this.work();
  };
}

// Delay of messages on their way: how much later than the fastest one of the last minutes a message came.
//
// The clocks of server and page differ by an unknown constant, which the fastest message shows best. It is looked for
// anew every few minutes, because the clocks drift apart.

const WINDOW_S = 300;

export class Delay {
  private best = Infinity;
  private bestBefore = Infinity;
  private windowEndS = -Infinity;

  /** Seconds that a message of server time `sentS` was late, when it arrived at page time `nowS`. */
  of(sentS: number, nowS: number): number {
    if (nowS > this.windowEndS) {
      this.bestBefore = this.best;
      this.best = Infinity;
      this.windowEndS = nowS + WINDOW_S;
    }
    this.best = Math.min(this.best, nowS - sentS);
    return nowS - sentS - Math.min(this.best, this.bestBefore);
  }

  /** Begin anew with a new connection: one of the two computers may have slept, or started again. */
  reset(): void {
    this.best = this.bestBefore = Infinity;
    this.windowEndS = -Infinity;
  }

  /** The server's time at page time `nowS`, as the fastest message shows it. */
  serverS(nowS: number): number {
    return nowS - Math.min(this.best, this.bestBefore);
  }
}

/** The delay of the live connection's messages. */
export const delay = new Delay();

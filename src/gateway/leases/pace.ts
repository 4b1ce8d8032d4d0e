/** Spreads work over time: so many a second, with a burst of one second. */

/** Tokens by a monotonic clock. */
export class Pace {
  readonly #perSecond: number;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#at = now;
  }

  /** Whether one more may be done now. */
  take(now: number): boolean {
    const earned = (Math.max(now - this.#at, 0) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + earned);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

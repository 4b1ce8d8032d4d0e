/** Collects what was started and must be stopped, even when another part of the start fails. */

/** Something that runs until it is stopped. */
interface Stoppable {
  readonly stop: () => Promise<void>;
}

/** Stops what was started, the last one first. */
export class Stops {
  readonly #stops: (() => Promise<void>)[] = [];

  add(stop: () => Promise<void>): void {
    this.#stops.push(stop);
  }

  /**
   * Waits until every start has succeeded or failed, even when one fails at once: a part that
   * starts later must be stopped too. Then throws the first failure.
   */
  async ofAll<T extends readonly unknown[]>(starts: { readonly [I in keyof T]: Promise<T[I]> }): Promise<T> {
    const settled = await Promise.allSettled(starts);
    for (const start of settled) {
      if (start.status !== 'fulfilled' || !isStoppable(start.value)) continue;
      const { stop } = start.value;
      this.add(() => stop());
    }
    for (const start of settled) if (start.status === 'rejected') throw start.reason;
    return Promise.all(starts);
  }

  /** Stops everything, even when a part cannot be stopped; then throws the first failure. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const stop of this.#stops.splice(0).reverse()) {
      await stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}

function isStoppable(value: unknown): value is Stoppable {
  return typeof value === 'object' && value !== null && 'stop' in value && typeof value.stop === 'function';
}

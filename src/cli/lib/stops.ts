/** What has been started and must be stopped, whichever part of a start fails. */

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
   * Waits until each of several starts has come up or failed, also where one fails at once: what comes up later must be known, as it
   * would run on otherwise. Then throws what the first of them failed with.
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

  /** Stops everything, also where a part of it cannot be stopped; then throws the first failure. */
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

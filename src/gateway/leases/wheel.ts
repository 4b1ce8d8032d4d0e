/**
 * A wheel of seconds: finds what is due with one timer for all, however many there are. An entry
 * that is not due yet after all is put in again; so a beat costs nothing here.
 */

const SLOT_MS = 1_000;

/** Items by the second in which they are due; each is in it once. Times are by a monotonic clock. */
export class Wheel<T> {
  readonly #slots = new Map<number, Set<T>>();
  readonly #slotOf = new Map<T, number>();
  #cursor: number;

  constructor(now: number) {
    this.#cursor = slotAt(now);
  }

  has(item: T): boolean {
    return this.#slotOf.has(item);
  }

  /** Sets or changes when an item is due. */
  put(item: T, dueAt: number): void {
    this.remove(item);
    // Rounded up, so that an item is due when it is returned; a slot that has passed is never looked at again.
    const slot = Math.max(Math.ceil(dueAt / SLOT_MS), this.#cursor);
    this.#slotOf.set(item, slot);
    const items = this.#slots.get(slot);
    if (items) items.add(item);
    else this.#slots.set(slot, new Set([item]));
  }

  remove(item: T): void {
    const slot = this.#slotOf.get(item);
    if (slot === undefined) return;
    this.#slotOf.delete(item);
    const items = this.#slots.get(slot);
    items?.delete(item);
    if (items?.size === 0) this.#slots.delete(slot);
  }

  /** Removes and returns what is due. */
  take(now: number): T[] {
    const due: T[] = [];
    const last = slotAt(now);
    for (; this.#cursor <= last; this.#cursor += 1) due.push(...(this.#slots.get(this.#cursor) ?? []));
    for (const item of due) this.remove(item);
    return due;
  }
}

function slotAt(now: number): number {
  return Math.floor(now / SLOT_MS);
}

/** Virtual time: events in the order of their time, ties in the order of scheduling. */

interface Scheduled {
  readonly at: number;
  readonly order: number;
  /** Null once cancelled. */
  act: (() => void) | null;
}

/** A clock that moves from event to event. */
export interface VirtualTime {
  /** Milliseconds since the start. */
  now(): number;
  /** Calls back after `ms`; the returned function cancels it. */
  schedule(ms: number, act: () => void): () => void;
  /** When the next event is due; null: none is scheduled. */
  nextAt(): number | null;
  /** Moves to the next event and runs it. */
  step(): void;
  /** Moves to a time before the next event. */
  advanceTo(at: number): void;
}

/** Creates a clock at 0. A binary heap keeps the cost of n events at n log n. */
export function createVirtualTime(): VirtualTime {
  const heap: Scheduled[] = [];
  let now = 0;
  let order = 0;

  const dropCancelled = (): void => {
    while (heap[0]?.act === null) pop(heap);
  };
  return {
    now: () => now,
    schedule(ms, act) {
      const event: Scheduled = { at: now + ms, order, act };
      order += 1;
      push(heap, event);
      return () => {
        event.act = null;
      };
    },
    nextAt() {
      dropCancelled();
      return heap[0]?.at ?? null;
    },
    step() {
      dropCancelled();
      const event = pop(heap);
      if (!event) return;
      now = event.at;
      event.act?.();
    },
    advanceTo(at) {
      now = at;
    },
  };
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at;
}

function push(heap: Scheduled[], event: Scheduled): void {
  let child = heap.length;
  heap.push(event);
  while (child > 0) {
    const parent = (child - 1) >> 1;
    const above = heap[parent];
    if (!above || isBefore(above, event)) break;
    heap[child] = above;
    child = parent;
  }
  heap[child] = event;
}

function pop(heap: Scheduled[]): Scheduled | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (!first || !last || heap.length === 0) return first;
  let hole = 0;
  for (;;) {
    const left = 2 * hole + 1;
    const right = left + 1;
    const leftEvent = heap[left];
    const rightEvent = heap[right];
    if (!leftEvent) break;
    const useRight = rightEvent !== undefined && isBefore(rightEvent, leftEvent);
    const smaller = useRight ? rightEvent : leftEvent;
    if (isBefore(last, smaller)) break;
    heap[hole] = smaller;
    hole = useRight ? right : left;
  }
  heap[hole] = last;
  return first;
}

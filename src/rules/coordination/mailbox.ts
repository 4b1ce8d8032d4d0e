/**
 * The events of a barrier, in order. A race of promises would keep every loser alive; a mailbox
 * waits for one event at a time.
 */
export interface Mailbox<T> {
  put(item: T): void;
  next(): Promise<T>;
}

/** Creates an empty mailbox; only one reader may wait at a time. */
export function createMailbox<T>(): Mailbox<T> {
  let items: T[] = [];
  let read = 0;
  let wake: (() => void) | undefined;
  return {
    put(item) {
      items.push(item);
      wake?.();
    },
    async next() {
      while (read === items.length) {
        items = [];
        read = 0;
        await new Promise<void>((resolve) => (wake = resolve));
      }
      const item = items[read] as T;
      read += 1;
      return item;
    },
  };
}

/** Limits one workflow task to 1 MiB of payload and 50 children or signals; the next batch waits for it (docs/workflow-rules.md, rule 8). */

const MOST_AT_ONCE = 50;
const MOST_BYTES_AT_ONCE = 1024 * 1024;

/** A queue that bounds what is in flight. */
export interface Pacer {
  /** Waits until there is room for `bytes`, calls `emit`, and waits for its end. First in, first out. */
  through<T>(bytes: number, emit: () => Promise<T>): Promise<T>;
  /** Number of entries that wait or are in flight. */
  pending(): number;
}

/** Create one per workflow, for everything that it starts and signals. Pass other limits for other bounds of the server. */
export function createPacer(mostAtOnce = MOST_AT_ONCE, mostBytesAtOnce = MOST_BYTES_AT_ONCE): Pacer {
  const queue: { readonly bytes: number; readonly admit: () => void }[] = [];
  let emitted = 0;
  let bytesEmitted = 0;

  function admitNext(): void {
    for (let next = queue[0]; next && fits(next.bytes); next = queue[0]) {
      queue.shift();
      count(next.bytes);
      next.admit();
    }
  }
  function count(bytes: number): void {
    emitted += 1;
    bytesEmitted += bytes;
  }
  function fits(bytes: number): boolean {
    return emitted === 0 || (emitted < mostAtOnce && bytesEmitted + bytes <= mostBytesAtOnce);
  }
  return {
    pending: () => queue.length + emitted,
    async through(bytes, emit) {
      // Every promise costs the sandbox a stack trace, so this creates none while there is room.
      if (queue.length === 0 && fits(bytes)) count(bytes);
      else await new Promise<void>((admit) => queue.push({ bytes, admit }));
      try {
        return await emit();
      } finally {
        emitted -= 1;
        bytesEmitted -= bytes;
        admitNext();
      }
    },
  };
}

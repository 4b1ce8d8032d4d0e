/** One task emits at most 1 MiB of payload and 50 children or signals, each batch awaited before the next (docs/workflow-rules.md, rule 8). */

const MOST_AT_ONCE = 50;
const MOST_BYTES_AT_ONCE = 1024 * 1024;

export interface Pacer {
  /** Waits until `bytes` more may be emitted, emits, and waits for the acknowledgement; first come, first served. */
  through<T>(bytes: number, emit: () => Promise<T>): Promise<T>;
  /** What is not acknowledged, or waits its turn. */
  pending(): number;
}

/** One per workflow, for everything that it starts and signals. Other limits: for something else that the server bounds. */
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
      // A promise costs the sandbox a stack trace: where there is room, none is made.
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

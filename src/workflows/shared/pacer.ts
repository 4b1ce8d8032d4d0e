/** One task emits at most 1 MiB of payload and 50 children or signals, each batch awaited before the next (rules of conduct, 8). */

const MOST_AT_ONCE = 50;
const MOST_BYTES_AT_ONCE = 1024 * 1024;

export interface Pacer {
  /** Waits until `bytes` more may be emitted, emits, and waits for the acknowledgement; first come, first served. */
  through<T>(bytes: number, emit: () => Promise<T>): Promise<T>;
}

/** One per workflow, for everything that it starts and signals. Other limits: for something else that the server bounds. */
export function createPacer(mostAtOnce = MOST_AT_ONCE, mostBytesAtOnce = MOST_BYTES_AT_ONCE): Pacer {
  const queue: { readonly bytes: number; readonly admit: () => void }[] = [];
  let emitted = 0;
  let bytesEmitted = 0;

  function admitNext(): void {
    for (let next = queue[0]; next && fits(next.bytes); next = queue[0]) {
      queue.shift();
      emitted += 1;
      bytesEmitted += next.bytes;
      next.admit();
    }
  }
  function fits(bytes: number): boolean {
    return emitted === 0 || (emitted < mostAtOnce && bytesEmitted + bytes <= mostBytesAtOnce);
  }
  return {
    async through(bytes, emit) {
      await new Promise<void>((admit) => {
        queue.push({ bytes, admit });
        admitNext();
      });
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

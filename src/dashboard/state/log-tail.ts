/** The end of an agent's log, followed by short reads: a stream of its own would take one of a browser's few connections. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { LogLine, LogPart } from '../../contract/agent/log';
import { call } from './api';
import type { Shown } from './object';

/** Lines that are read first, and lines that are kept. */
const FIRST_LINES = 50;
const MOST_LINES = 500;
/** The pause after a part without further lines. A person reads no faster. */
const PAUSE_MS = 2_000;

/** The last lines of the log at this path, while the part that calls it is on the screen. */
export function useLogTail(path: string): Shown<readonly LogLine[]> {
  const shown = useSignal<Shown<readonly LogLine[]>>({ value: null, problem: null });
  useEffect(() => {
    let timer: number | undefined;
    let isOver = false;
    let query = `tail=${String(FIRST_LINES)}`;

    async function read(): Promise<void> {
      let pause = PAUSE_MS;
      try {
        const { lines, next, more } = await call<LogPart>('GET', `${path}?${query}`);
        query = `after=${encodeURIComponent(next)}`;
        const known = shown.peek();
        if (lines.length > 0 || known.value === null || known.problem !== null)
          shown.value = { value: [...(known.value ?? []), ...lines].slice(-MOST_LINES), problem: null };
        if (more) pause = 0;
      } catch (error) {
        shown.value = { ...shown.peek(), problem: error instanceof Error ? error.message : String(error) };
      }
      if (!isOver) timer = window.setTimeout(() => void read(), pause);
    }

    void read();
    return () => {
      isOver = true;
      window.clearTimeout(timer);
    };
  }, [path]);
  return shown.value;
}

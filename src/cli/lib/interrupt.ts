/** Says on Ctrl-C that what is followed goes on, and how to see it again. */
import { INTERRUPTED } from './failure';
import { say } from './output';

/** Runs `work`; Ctrl-C ends the command with `text` on stderr. */
export async function untilInterrupted<T>(text: string, work: () => Promise<T>): Promise<T> {
  const onSignal = (): void => {
    say(`\ndrover: ${text}`);
    process.exit(INTERRUPTED);
  };
  process.on('SIGINT', onSignal);
  try {
    return await work();
  } finally {
    process.off('SIGINT', onSignal);
  }
}

/** What a process that serves until it is told to stop has in common: its settings, and its signals. */
import { environment, resolveSettings, type Settings } from '../../config';
import { parseConfig } from '../../contract/schemas/config';
import { openStateDirectory, type StateDirectory } from '../../dev/state-dir';
import { INTERRUPTED } from './failure';
import { say } from './output';

/** The settings of this process, and the state directory that they are completed from. */
export async function loadSettings(): Promise<{ readonly settings: Settings; readonly state: StateDirectory }> {
  const config = parseConfig(environment());
  const state = await openStateDirectory(config.stateDir);
  return { settings: resolveSettings(config, state), state };
}

/** `asked` resolves when the process is told to stop. */
export interface StopRequest {
  readonly asked: Promise<void>;
}

/** Resolves at the first SIGINT or SIGTERM, or when the terminal is closed. A second one ends the process at once. */
export function stopRequested(): StopRequest {
  let signals = 0;
  const asked = new Promise<void>((resolve) => {
    const onSignal = (): void => {
      signals += 1;
      if (signals > 1) process.exit(INTERRUPTED);
      say('drover: stopping; once more ends at once');
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
  return { asked };
}

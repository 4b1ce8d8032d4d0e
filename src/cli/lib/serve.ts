/** Settings and signals of processes that serve until they are stopped. */
import { environment, resolveSettings, type Settings } from '../../config';
import { parseConfig } from '../../contract/schemas/config';
import { makeSpecSecrets, openStateDirectory, type StateDirectory } from '../../dev/state-dir';
import { INTERRUPTED } from './failure';
import { say } from './output';
import { isStateFolder, stateFolder } from './state-folder';

/** Settings, and the state directory that completes them. */
export interface Loaded {
  readonly settings: Settings;
  readonly state: StateDirectory;
}

/** The settings of this process. */
export async function loadSettings(): Promise<Loaded> {
  const config = parseConfig(environment());
  const state = await openStateDirectory(config.stateDir);
  return { settings: resolveSettings(config, state), state };
}

/**
 * The settings of a command that reads the state directory of an installation, found from a folder
 * below it too. Undefined without one; it makes none.
 */
export async function readSettings(): Promise<Settings | undefined> {
  const folder = stateFolder();
  if (!isStateFolder(folder)) return undefined;
  const config = parseConfig(environment());
  return resolveSettings(config, await openStateDirectory(folder));
}

/**
 * The settings of `drover up`. Unless `DROVER_SPEC_SECRET` is set, it makes the secret that signs
 * specifications. A worker or a gateway alone does not, as its secret would differ from the secret
 * of the others.
 */
export async function loadUpSettings(): Promise<Loaded> {
  const { settings, state } = await loadSettings();
  return { settings: { ...settings, specSecrets: settings.specSecrets ?? makeSpecSecrets(state.path) }, state };
}

/** `asked` resolves when the process is asked to stop. */
export interface StopRequest {
  readonly asked: Promise<void>;
}

/**
 * Resolves at the first SIGINT or SIGTERM, or when the terminal is closed. A second one ends the
 * process at once.
 */
export function stopRequested(): StopRequest {
  let signals = 0;
  const asked = new Promise<void>((resolve) => {
    const onSignal = (): void => {
      signals += 1;
      if (signals > 1) process.exit(INTERRUPTED);
      say('drover: stopping; press Ctrl-C again to end at once');
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
  return { asked };
}

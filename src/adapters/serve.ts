/** Runs an adapter: an agent of `drover/agent` whose turns another program takes. */
import { type Environment, serveAgent, type TurnHandler } from '../agent';
import type { RunningAgent } from '../agent/options';
import type { ChildEnvironment } from './environment';
import type { Sessions } from './sessions';

/** Where an adapter runs: its own variables, those of its program, and its sessions. */
export interface AdapterPlace {
  readonly own: Environment;
  readonly environment: ChildEnvironment;
  readonly sessions: Sessions;
}

/** The work of an adapter. `onSecret` runs after its environment has a new secret. */
export interface Adapter {
  readonly onTurn: TurnHandler;
  readonly onSecret?: () => Promise<void>;
}

/**
 * Serves an adapter until it is stopped. A beat carries its sessions as soon as one begins, because
 * the next start continues them even if this one ends in the middle of a turn.
 */
export async function serveAdapter(
  { onTurn, onSecret }: Adapter,
  { own, environment, sessions }: AdapterPlace,
): Promise<RunningAgent> {
  const running = await serveAgent({
    environment: own,
    onTurn: async (turn, signal) => ({ ...(await onTurn(turn, signal)), session: sessions.text }),
    ...(environment.hasSecret
      ? {
          onCredentials: async ({ secret }) => {
            environment.takeSecret(secret);
            await onSecret?.();
          },
        }
      : {}),
  });
  sessions.onChange = () => void running.setSession(sessions.text);
  return running;
}

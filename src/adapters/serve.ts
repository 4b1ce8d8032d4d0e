/** Runs an adapter: an agent of `drover/agent` whose turns another program takes. */
import { type Environment, type RunningAgent, serveAgent, type TurnHandler } from '../agent';
import type { ChildEnvironment } from './environment';
import type { Sessions } from './sessions';

/** Where an adapter runs: its own variables, those of its program, and its sessions. */
export interface AdapterPlace {
  readonly own: Environment;
  readonly environment: ChildEnvironment;
  readonly sessions: Sessions;
}

/** What an adapter does. `onSecret` runs after its environment has a new secret. */
export interface Adapter {
  readonly onTurn: TurnHandler;
  readonly onStart?: () => Promise<void>;
  readonly onSecret?: () => Promise<void>;
}

/**
 * Serves an adapter until it is stopped. Each reply carries its sessions; a failed turn has none, so
 * that a beat carries them: the next start continues them too.
 */
export async function serveAdapter(
  { onTurn, onStart, onSecret }: Adapter,
  { own, environment, sessions }: AdapterPlace,
): Promise<RunningAgent> {
  const running: RunningAgent = await serveAgent({
    environment: own,
    ...(onStart === undefined ? {} : { onStart }),
    onTurn: async (turn, signal) => {
      const before = sessions.text;
      try {
        return { ...(await onTurn(turn, signal)), session: sessions.text };
      } catch (error) {
        if (sessions.text !== before) await running.setSession(sessions.text);
        throw error;
      }
    },
    ...(environment.hasSecret
      ? {
          onCredentials: async ({ secret }) => {
            environment.takeSecret(secret);
            await onSecret?.();
          },
        }
      : {}),
  });
  return running;
}

/** Drover's activities over the agents, the provider and the clock of a test. */
import { Context } from '@temporalio/activity';
import { createActivities } from '../activities';
import { delivering } from '../activities/turns/delivery';
import { asActivityFailure } from '../activities/failures';
import { createFleetActivities } from '../activities/fleet/fleet';
import type { OpenRuns } from '../activities/fleet/fleet-runs';
import { createMonitorActivities } from '../activities/monitor';
import { createReplicaActivities } from '../activities/fleet/replicas';
import { createSignalActivities } from '../activities/signals';
import { createSubscriptionActivities } from '../activities/subscriptions';
import { createTurnRecordActivities } from '../activities/turns/turn-records';
import { createTurnActivities, type TurnSettings } from '../activities/turns/turns';
import { createUndoActivities } from '../activities/turns/undo';
import type { Calls } from '../client/temporal/calls';
import type {
  Activities,
  GatewayActivities,
  NotificationActivities,
  SignalCall,
  TurnActivities,
} from '../contract/activities';
import { DroverError } from '../contract/errors';
import type { DroverEvent } from '../contract/event';
import type { ProviderKind } from '../contract/agent';
import { type Population } from './agents/population';
import { StillWorking } from './agents/still-working';
import type { TestProvider } from './provider';
import type { SimulatedClock } from './server/clock';

/** The parts of a test that activities act on. */
export interface Scene {
  readonly calls: Calls;
  readonly clock: SimulatedClock;
  readonly provider: TestProvider;
  readonly population: Population;
  readonly agentSecret: string;
  /** The made-up values of secrets, by name. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly openRuns: OpenRuns;
  readonly raised: (event: DroverEvent) => void;
  /** Called with every signal between workflows, before it is sent. */
  readonly signalled: (call: SignalCall) => void;
}

/** The installation and the host of a test. */
export const PLACE = { installation: 'test', host: 'test' } as const;

/**
 * Activities that happen while nothing else does: they do not make the clock's steps short. A branch
 * that waits repeats its signals.
 */
const QUIET: readonly string[] = ['askGateway', 'inspectResource', 'signalWorkflow', 'watchHealth', 'giveUpUnanswered'];

/** All activities of a test. */
export function testActivities(scene: Scene): Activities {
  const { calls, provider, population, agentSecret, secrets: environment, openRuns } = scene;
  const settings: TurnSettings = { agentSecret, environment, send: population.sender() };
  const sending = createSignalActivities(calls);
  const signals = {
    ...sending,
    signalWorkflow: (call: SignalCall) => {
      scene.signalled(call);
      return sending.signalWorkflow(call);
    },
  };
  const kinds: readonly ProviderKind[] = ['process', 'docker', 'external', 'memory'];
  const all = createActivities({
    providers: Object.fromEntries(kinds.map((kind) => [kind, provider])),
    turns: takingTime(delivering({ signals, calls }, createTurnActivities(settings))),
    // A test sees its turns itself, so none is kept.
    turnRecords: createTurnRecordActivities({
      store: { keep: async () => undefined, page: async () => ({ turns: [], next: null, problem: null }) },
      host: PLACE.host,
      secrets: { agentSecret, environment },
    }),
    signals,
    fleet: createFleetActivities({ calls, ...PLACE, openRuns }),
    undo: createUndoActivities({ ...settings, calls }),
    monitor: createMonitorActivities({ ...settings, calls }),
    subscriptions: createSubscriptionActivities({ ...settings, calls, environment }),
    replicas: createReplicaActivities({ calls }),
    gateway: vouching(scene),
    notifications: telling(scene),
    secrets: { agentSecret, environment },
  });
  return stirring(all, scene.clock);
}

/**
 * A turn that takes simulated time ends its attempt, and the server begins the next one when the
 * time has passed: the server's time stops while an activity runs.
 */
function takingTime(turns: TurnActivities): TurnActivities {
  return {
    async takeTurn(call) {
      try {
        return await turns.takeTurn(call);
      } catch (error) {
        if (!(error instanceof StillWorking)) throw error;
        const later = new DroverError('AgentUnavailable', error.message);
        throw asActivityFailure(later, { expected: true, retryAfterMs: error.ms });
      }
    },
  };
}

/**
 * The gateway of the test knows its agents' future: an agent that beats now beats until the end of
 * the clock's step. So it counts as beating until then, and needs no beats in between.
 */
function vouching({ clock, population }: Scene): GatewayActivities {
  const started = clock.now();
  return {
    async askGateway() {
      const [, fleet = '', agent = ''] = Context.current().info.workflowExecution?.workflowId.split('/') ?? [];
      const now = await clock.now();
      const listeningMs = now - (await started);
      if (!population.isBeating(agent)) return { listeningMs };
      if (clock.stepEnd > now) return { listeningMs: now - clock.stepEnd };
      await population.beat(fleet, agent);
      return { listeningMs };
    },
  };
}

/** Keeps events for the test. No webhook is called. */
function telling({ raised }: Scene): NotificationActivities {
  return {
    raiseEvent: async ({ event }) => raised(event),
    postWebhook: async () => undefined,
  };
}

type Activity = (...call: readonly unknown[]) => Promise<unknown>;

function stirring(activities: Activities, clock: SimulatedClock): Activities {
  const all = Object.entries(activities).map(([name, activity]: [string, Activity]) => [
    name,
    QUIET.includes(name)
      ? activity
      : async (...call: readonly unknown[]) => {
          await clock.stir();
          return activity(...call);
        },
  ]);
  return Object.fromEntries(all) as Activities;
}

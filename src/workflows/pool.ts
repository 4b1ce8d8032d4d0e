/** Workflow `pool`: an entity that holds the credentials of one model provider and says which agent is on which. */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { allocationGranted, describePool, poolSignals, poolUpdates } from '../contract/messages';
import { agentWorkflowId } from '../contract/names';
import type { PoolView } from '../contract/pool';
import {
  type Grant,
  type PoolState,
  type PoolStep,
  configurePool,
  forgetAgent,
  newPool,
  nextServing,
  observeFailure,
  poolView,
  rejectAllocation,
  requestAllocation,
  resetPool,
  serveWaiting,
} from '../rules/pool';
import { poolCard } from '../rules/pool-card';
import {
  parseAgentGone,
  parseAllocationRejected,
  parseAllocationRequested,
  parseFailureObserved,
  parsePoolConfiguration,
  parsePoolInput,
  parseReset,
} from '../rules/pool-messages';
import { isRecord } from '../rules/parse';
import { continueAsNewDue } from './shared/continue-as-new';
import { translating } from './shared/failures';
import { createOutbox } from './shared/outbox';
import { ignoreUnknownMessages } from './shared/unknown-messages';

/** The argument of every run after the first. */
interface CarriedPool {
  readonly v: 1;
  readonly state: PoolState;
}

export async function pool(argument: unknown): Promise<void> {
  const outbox = createOutbox();
  let state = translating(() => begin(argument));
  let letters: readonly Grant[] = [];
  let ignored = 0;

  const take = (step: PoolStep): void => {
    state = step.state;
    letters = [...letters, ...step.grants];
  };
  /** A message that cannot be read is counted and changes nothing. */
  const reading = <T>(parse: (value: unknown, path: string) => T, name: string, act: (message: T) => void) => {
    return (value: unknown): void => {
      try {
        act(parse(value, name));
      } catch {
        ignored += 1;
      }
    };
  };
  const answering = <T>(parse: (value: unknown, path: string) => T, name: string, act: (message: T) => void) => ({
    handler: (value: unknown): PoolView =>
      translating(() => {
        act(parse(value ?? {}, name));
        return poolView(state, Date.now());
      }),
    validator: (value: unknown): void => {
      translating(() => parse(value ?? {}, name));
    },
  });

  setHandler(describePool, () => poolView(state, Date.now()));
  setHandler(
    poolSignals.failureObserved,
    reading(parseFailureObserved, 'failureObserved', (observed) => {
      state = observeFailure(state, observed, Date.now());
    }),
  );
  setHandler(
    poolSignals.allocationRequested,
    reading(parseAllocationRequested, 'allocationRequested', (request) => {
      take(requestAllocation(state, request, Date.now()));
    }),
  );
  setHandler(
    poolSignals.allocationRejected,
    reading(parseAllocationRejected, 'allocationRejected', ({ requestId }) => {
      state = rejectAllocation(state, requestId);
    }),
  );
  setHandler(
    poolSignals.agentGone,
    reading(parseAgentGone, 'agentGone', ({ agent }) => {
      state = forgetAgent(state, agent);
    }),
  );
  const configure = answering(parsePoolConfiguration, 'configure', (config) => {
    take(configurePool(state, config, Date.now()));
  });
  setHandler(poolUpdates.configure, configure.handler, { validator: configure.validator });
  const reset = answering(parseReset, 'reset', ({ credential }) => {
    take(resetPool(state, credential ?? null, Date.now()));
  });
  setHandler(poolUpdates.reset, reset.handler, { validator: reset.validator });
  ignoreUnknownMessages(() => {
    ignored += 1;
  });
  upsertSearchAttributes({ DroverPool: [state.pool] });

  const isDue = (): boolean => continueAsNewDue(state.continueAfterEvents ?? undefined);
  const isQuiet = (): boolean => letters.length === 0 && outbox.pending() === 0 && allHandlersFinished();
  for (;;) {
    setCurrentDetails(poolCard(poolView(state, Date.now()), ignored));
    const servingAt = nextServing(state, Date.now());
    const woken = await waitUntil(() => letters.length > 0 || (isDue() && isQuiet()), servingAt);
    if (!woken) take(serveWaiting(state, Date.now()));
    const batch = letters;
    letters = [];
    await Promise.all(batch.map((letter) => deliver(letter)));
    if (isDue() && isQuiet()) break;
  }
  await continueAsNew<typeof pool>({ v: 1, state } satisfies CarriedPool);

  async function deliver({ agent, grant }: Grant): Promise<void> {
    const [fleet = '', name = ''] = agent.split('/');
    const delivery = await outbox.send(agentWorkflowId(fleet, name), allocationGranted, grant);
    if (delivery === 'gone') state = forgetAgent(state, agent);
  }
}

/** False when the time came first. */
async function waitUntil(isDone: () => boolean, at: number | null): Promise<boolean> {
  if (at === null) {
    await condition(isDone);
    return true;
  }
  // A millisecond more, as a skip ends at its last instant.
  return condition(isDone, Math.max(at - Date.now(), 0) + 1);
}

function begin(argument: unknown): PoolState {
  if (isRecord(argument) && isRecord(argument['state']))
    return argument['state'] as PoolState & Record<string, unknown>;
  const { pool: name, credentials, skipFor, continueAfterEvents } = parsePoolInput(argument, 'input');
  const config = { credentials, ...(skipFor === undefined ? {} : { skipFor }) };
  return newPool(name, config, continueAfterEvents ?? null);
}

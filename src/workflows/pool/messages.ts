/** The signals, updates and the query of a pool. A malformed signal is counted and changes nothing. */
import type { UpdateDefinition } from '@temporalio/common';
import { setHandler } from '@temporalio/workflow';
import { describePool, poolSignals, poolUpdates } from '../../contract/pool/messages';
import type { PoolView } from '../../contract/pool';
import {
  type PoolStep,
  configurePool,
  forgetAgent,
  leavePool,
  observeFailure,
  rejectAllocation,
  requestAllocation,
} from '../../rules/pool/pool';
import {
  parseAgentGone,
  parseAllocationRejected,
  parseAllocationRequested,
  parsePoolConfiguration,
  parsePoolLeft,
  parseReset,
} from '../../rules/pool/messages';
import { decideReset } from '../../rules/pool/log';
import { parseFailureObserved } from '../../rules/lib/grants';
import { once } from '../../rules/pool/requests';
import type { PoolState } from '../../rules/pool/state';
import type { Parser } from '../../rules/lib/parse';
import { translating } from '../shared/failures';
import { refuseWhenOverdue } from '../shared/continue-as-new';
import { type Ignore, receive } from '../shared/messages/receive';
import { ignoreUnknownMessages } from '../shared/messages/unknown-messages';

/** The pool's state, and the only way to change it: a rule applied at a time (epoch milliseconds). */
export interface PoolMachine {
  readonly state: PoolState;
  step(rule: (state: PoolState, now: number) => PoolStep): void;
  /** Counts a malformed or refused message. */
  readonly ignore: Ignore;
  view(): PoolView;
}

/** Registers every handler. */
export function handlePoolMessages(machine: PoolMachine): void {
  const silent = (rule: (state: PoolState, now: number) => PoolState): void =>
    machine.step((state, now) => ({ state: rule(state, now), grants: [] }));
  const { ignore } = machine;

  receive(
    poolSignals.failureObserved,
    parseFailureObserved,
    (observed) => silent((state, now) => observeFailure(state, observed, now)),
    ignore,
  );
  receive(
    poolSignals.allocationRequested,
    parseAllocationRequested,
    (request) => machine.step((state, now) => requestAllocation(state, request, now)),
    ignore,
  );
  receive(
    poolSignals.allocationRejected,
    parseAllocationRejected,
    ({ requestId }) => silent((state, now) => rejectAllocation(state, requestId, now)),
    ignore,
  );
  receive(poolSignals.agentGone, parseAgentGone, ({ agent }) => silent((state) => forgetAgent(state, agent)), ignore);
  ignoreUnknownMessages(ignore);

  answer(
    machine,
    poolUpdates.configure,
    parsePoolConfiguration,
    'Sets the credentials from a fleet file',
    configurePool,
  );
  answer(machine, poolUpdates.reset, parseReset, 'Forgets failures: {credential?}', decideReset);
  answer(
    machine,
    poolUpdates.leave,
    parsePoolLeft,
    'Removes a fleet that no longer uses the pool: {fleet}',
    (state, left) => ({
      state: leavePool(state, left),
      grants: [],
    }),
  );
  setHandler(describePool, () => machine.view(), { description: 'Returns credentials, cool-downs and assignments' });
}

/** Registers an update. A repeated request changes nothing and returns the current pool. */
function answer<T extends { readonly requestId?: string }>(
  machine: PoolMachine,
  update: (typeof poolUpdates)[keyof typeof poolUpdates],
  parse: Parser<T>,
  description: string,
  rule: (state: PoolState, message: T, now: number) => PoolStep,
): void {
  const decide = (value: unknown) => once(update.name, parse(value ?? {}, update.name), rule);
  const handler = (value: unknown): PoolView =>
    translating(() => {
      machine.step(decide(value));
      return machine.view();
    });
  // A refusal in the validator is not written into the history.
  const validator = (value: unknown): void => {
    translating(() => {
      const { pool, continueAfterEvents } = machine.state;
      refuseWhenOverdue(`pool ${pool}`, continueAfterEvents ?? undefined);
      decide(value)(machine.state, Date.now());
    });
  };
  setHandler(update as UpdateDefinition<PoolView, [unknown]>, handler, { validator, description });
}

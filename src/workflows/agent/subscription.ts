/** The agent's part of subscriptions: failure reports, requests to the pool and its grants, and the reload of a credential. */
import { setHandler, sleep } from '@temporalio/workflow';
import type { CommandResult } from '../../contract/agent';
import { agentSignals, agentUpdates, allocationGranted } from '../../contract/agent/messages';
import { fleetSignals } from '../../contract/fleet/messages';
import { poolSignals } from '../../contract/pool/messages';
import { DIRECT_INCARNATION, fleetWorkflowId, poolWorkflowId } from '../../contract/names';
import type { AllocationRequested, FailureObserved } from '../../contract/pool';
import type { FailureReport } from '../../contract/agent/subscription';
import { mergeFailures } from '../../rules/agent/subscription/alike';
import { parseFailureReport } from '../../rules/agent/messages';
import { parseAllocationGranted } from '../../rules/lib/grants';
import {
  dueRequest,
  poolToLeave,
  leaveSent,
  reportFailure,
  requestLost,
  requestSent,
  takeGrant,
} from '../../rules/agent/subscription/report';
import { markSwitchesAnnounced, recordSwitch, reloadEnded } from '../../rules/agent/subscription/switch';
import { announce, dueAnnouncement } from '../../rules/events/announce';
import { beginEffect } from '../../rules/agent/reconcile/outcome';
import { isObsolete } from '../../rules/agent/reconcile/next-effect';
import { markOf, type RequestMark } from '../../rules/lib/fingerprint';
import { rememberAnswer, recall, remember } from '../../rules/agent/commands/requests';
import { nameOf } from '../../rules/agent/subscription/switches';
import { commandResult, commandState, rememberedResult } from '../../rules/agent/view';
import { credentialActivity } from '../activities/resources';
import { mustNotBeOverdue } from './commands';
import type { AgentMachine } from './machine';
import type { Outbox } from '../shared/messages/outbox';
import { errorBody, translating } from '../shared/failures';
import { markEnd } from '../shared/mark';
import { receive } from '../shared/messages/receive';
import type { Supervisor } from '../shared/supervise';
import { untilOr } from '../shared/until';

/** An agent's use of its pool's credentials. */
export interface AgentSubscription {
  /** Takes a failure report. Returns true when it begins a switch. */
  report(report: FailureReport, by: string): boolean;
  /** Gives the running agent its new credential: the effect `reload`. */
  reload(): Promise<void>;
  /** Registers the handlers of its messages. */
  handle(): void;
  /** Number of failures that the pool has not received yet. They are unfinished work. */
  readonly pending: () => number;
}

/** A switch without turns in flight takes less. Other agents must not wait longer for the report of a failed credential. */
const TELL_WITHIN_MS = 1_000;
/** A fleet starts a pool again within some hundred milliseconds; a busy worker takes a little longer. */
const STARTED_AGAIN_WITHIN = '3s';

function mark(failure: FailureReport): RequestMark | undefined {
  return markOf('reportFailure', failure);
}

function isSwitching({ state }: AgentMachine): boolean {
  const { switching } = state.switches;
  return switching !== null && switching.step !== 'waiting';
}

interface Observations {
  tell(pool: string, observed: FailureObserved): void;
  readonly pending: () => number;
}

/**
 * Sends failures to the pool. Equal failures that arrive during a signal or at the beginning of a switch go in one signal: the switch
 * itself has reported the first one, and the rest of the burst would only delay it.
 */
function createObservations(
  machine: AgentMachine,
  outbox: Outbox,
  supervisor: Supervisor,
  tellFleet: (pool: string) => Promise<boolean>,
): Observations {
  let backlog: { readonly pool: string; readonly observed: FailureObserved }[] = [];
  let isTelling = false;
  async function tellAll(): Promise<void> {
    isTelling = true;
    for (let next = backlog[0]; next; next = backlog[0]) {
      if (isSwitching(machine)) await untilOr(() => !isSwitching(machine), TELL_WITHIN_MS, 'collect equal failures');
      const { pool, observed } = next;
      const isAlike = (one: typeof next): boolean =>
        one.pool === pool && one.observed.credential === observed.credential && one.observed.kind === observed.kind;
      const [, ...others] = backlog.filter(isAlike);
      backlog = backlog.filter((one) => !isAlike(one));
      const told = mergeFailures(
        observed,
        others.map((one) => one.observed),
      );
      const delivery = await outbox.send(poolWorkflowId(pool), poolSignals.failureObserved, told);
      // The fleet starts the pool again; the new pool must know of this failure.
      if (delivery === 'gone' && (await tellFleet(pool))) {
        await sleep(STARTED_AGAIN_WITHIN, { summary: `wait for the restart of pool ${pool}` });
        await outbox.send(poolWorkflowId(pool), poolSignals.failureObserved, told);
      }
    }
    isTelling = false;
  }
  return {
    pending: () => backlog.length + (isTelling ? 1 : 0),
    tell(pool, observed) {
      backlog = [...backlog, { pool, observed }];
      if (!isTelling) supervisor.keep('report failures to the pool', tellAll);
    },
  };
}

/** Starts the agent's subscription: requests, reports and announcements follow every change of its state. */
export function keepSubscription(machine: AgentMachine, outbox: Outbox, supervisor: Supervisor): AgentSubscription {
  function react(): void {
    const due = dueRequest(machine.state, Date.now());
    if (due !== null) {
      machine.change(requestSent);
      supervisor.keep(`request a credential from pool ${due.pool}`, () => ask(due.pool, due.request));
    }
    tellEnds(machine, outbox);
    const left = poolToLeave(machine.state);
    if (left !== null) {
      machine.change(leaveSent);
      outbox.tell(poolWorkflowId(left), poolSignals.agentGone, { agent: nameOf(machine.state) });
    }
    if (dueAnnouncement(machine.state) !== null) machine.change(announce);
  }

  const observations = createObservations(machine, outbox, supervisor, tellFleet);

  async function ask(pool: string, request: AllocationRequested): Promise<void> {
    const delivery = await outbox.send(poolWorkflowId(pool), poolSignals.allocationRequested, request);
    if (delivery !== 'gone') return;
    const isFleetTold = await tellFleet(pool);
    machine.change((state, now) => requestLost(state, request.requestId, isFleetTold, now), {
      by: 'drover',
      what: `finds no pool ${pool}`,
      why: isFleetTold ? 'its fleet starts it again' : null,
      always: isFleetTold,
    });
  }

  /** Reports the lost pool to the fleet. Returns whether a fleet exists that can start it again. */
  async function tellFleet(pool: string): Promise<boolean> {
    const { fleet, config } = machine.state;
    if (config.incarnation === DIRECT_INCARNATION) return false;
    return (await outbox.send(fleetWorkflowId(fleet), fleetSignals.poolGone, { pool })) === 'delivered';
  }

  function report(failure: FailureReport, by: string): boolean {
    const source = by === 'turn' ? 'turn' : 'report';
    const { observed, begins } = reportFailure(machine.state, failure, Date.now(), source);
    if (failure.kind === 'other') {
      const what = `failure of ${failure.subscription}`;
      machine.change((state) => ({ ...state }), { by, what, why: 'other: nothing follows', always: true });
    }
    const { pool } = machine.state.config.spec.subscription ?? {};
    if (observed !== null && pool !== undefined) observations.tell(pool, observed);
    machine.change((state, now) => reportFailure(state, failure, now, source).state);
    return begins;
  }

  async function reload(): Promise<void> {
    machine.change((state, now) => beginEffect(state, 'reload', '', now));
    const { fleet, agent, config, instance, switches } = machine.state;
    const subscription = switches.switching?.to;
    if (!subscription) return machine.change((state, now) => reloadEnded(state, { reloaded: false }, now));
    const summary = `${subscription.name} for ${fleet}/${agent}`;
    try {
      const activity = credentialActivity(config.spec.provider, config.host, summary);
      const call = { fleet, agent, endpoint: instance.endpoint, subscription };
      const give = () => activity.reloadCredential(call);
      const result = await supervisor.patiently('reload', give, () => isObsolete(machine.state, 'reload'));
      machine.change((state, now) => reloadEnded(state, result, now));
    } catch (error) {
      machine.change((state, now) => reloadEnded(state, { error: errorBody(error).message }, now));
    }
    markEnd({ subscription: machine.state.subscription?.name ?? null });
  }

  function handle(): void {
    const refuse = (what: string, why: string): void => machine.refuse(what, why);
    receive(
      allocationGranted,
      parseAllocationGranted,
      (grant) => {
        const what = 'credential' in grant ? `is granted ${grant.credential}` : 'finds its pool exhausted';
        machine.change((state, now) => takeGrant(state, grant, now), { by: 'pool', what });
      },
      refuse,
    );
    receive(
      agentSignals.reportFailure,
      parseFailureReport,
      (failure) => {
        once(failure, 'signal');
      },
      refuse,
    );
    setHandler(
      agentUpdates.reportFailure,
      (argument: unknown) => translating(() => once(parseFailureReport(argument, 'reportFailure'), 'agent')),
      {
        validator: (argument: unknown) => {
          translating(() => {
            const failure = parseFailureReport(argument, 'reportFailure');
            if (recall(machine.state, mark(failure)) === undefined) mustNotBeOverdue(machine);
          });
        },
        description:
          'Reports that work failed with the credential: {subscription, assignment?, kind, resetAt?, turnId?, requestId?}',
      },
    );
  }

  /** A repeated request id changes nothing. The call does not wait for the effect: the reporter repeats its own work. */
  function once(failure: FailureReport, by: string): CommandResult {
    const known = recall(machine.state, mark(failure));
    if (known !== undefined) return rememberedResult(machine.state, known);
    const begins = report(failure, by);
    machine.change((state) => {
      const remembered = remember(state, mark(failure), begins);
      return rememberAnswer(remembered, failure.requestId, commandState(remembered));
    });
    return commandResult(machine.state, failure.requestId, begins);
  }

  machine.onChange(react);
  // A new agent requests its first credential.
  machine.tick();
  return { report, reload, handle, pending: observations.pending };
}

/** Records each finished switch, and reports to the pool a credential that could not be applied. */
function tellEnds(machine: AgentMachine, outbox: Outbox): void {
  for (const { what, why, accepted, record, rejected } of machine.state.switches.ended) {
    machine.change(markSwitchesAnnounced, { by: 'subscription', what, why, accepted, always: true });
    if (rejected !== null) {
      outbox.tell(poolWorkflowId(rejected.pool), poolSignals.allocationRejected, { requestId: rejected.requestId });
    }
    if (record !== null) machine.change((state, now) => recordSwitch(state, record, now));
  }
}

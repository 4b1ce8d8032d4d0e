/** The updates, signals and the query of a fleet. Validators and handlers call the same rule, so a refusal costs no history. */
import { CancellationScope, condition, setHandler } from '@temporalio/workflow';
import type { LostParts } from '../../contract/ends';
import type { ApplyResult, ChangeView, FleetView } from '../../contract/fleet';
import { describeFleet, fleetSignals, fleetUpdates } from '../../contract/fleet/messages';
import {
  applyMark,
  type Decided,
  decideApply,
  decideDestroy,
  decideScale,
  partsToCheck,
  scaleMark,
} from '../../rules/fleet/change';
import type { RequestMark } from '../../rules/lib/fingerprint';
import { forgetAgent } from '../../rules/fleet/settle';
import {
  agentGone,
  applyRequest,
  cancelRequest,
  compensateRequest,
  destroyRequest,
  pauseRequest,
  poolGone,
  resumeRequest,
  runNamed,
  scaleRequest,
  usageLeft,
} from '../../rules/fleet/spec/spec';
import { type DecidedCancel, decideCancel } from '../../rules/fleet/cancel';
import { decidePause, decideResume } from '../../rules/fleet/holds';
import { decideRunName } from '../../rules/fleet/run-names';
import { type FleetState } from '../../rules/fleet/state';
import { fleetView } from '../../rules/fleet/view';
import { withoutPools } from '../../rules/fleet/pools';
import { addUsageLeft } from '../../rules/fleet/usage';
import { decideCompensate } from '../../rules/fleet/undo';
import { fleetActivities } from '../activities/fleet';
import type { FleetMachine } from './machine';
import { isoNow } from '../shared/iso-now';
import { refuseWhenOverdue } from '../shared/continue-as-new';
import { translating } from '../shared/failures';
import { receive } from '../shared/messages/receive';
import { ignoreUnknownMessages } from '../shared/messages/unknown-messages';

/** docs/workflow-rules.md, rule 3: an update returns on its effect, or after 5 s with the current state. */
const ANSWER_WITHIN = '5s';

/** Registers every handler. */
export function handleCommands(machine: FleetMachine): void {
  handleApply(machine);
  const destroy = (value: unknown) => (state: FleetState) =>
    decideDestroy(state, destroyRequest(value ?? {}, 'destroy'));
  setHandler(fleetUpdates.destroy, (value: unknown) => decide(machine, destroy(value)), {
    validator: (value: unknown) => validate(machine, destroy(value)),
    description: 'Removes every agent, then the fleet; returns at acceptance',
  });
  handleCancel(machine);
  handleCompensate(machine);
  handleHolds(machine);
  handleNames(machine);

  setHandler(describeFleet, () => viewOf(machine), { description: 'Returns the current state of the fleet' });
  receive(
    fleetSignals.agentGone,
    agentGone,
    (gone) => {
      machine.become(forgetAgent(machine.state, gone));
    },
    machine.ignore,
  );
  receive(
    fleetSignals.poolGone,
    poolGone,
    ({ pool: gone }) => {
      machine.become(withoutPools(machine.state, (pool) => pool === gone));
    },
    machine.ignore,
  );
  receive(
    fleetSignals.usageLeft,
    usageLeft,
    (left) => {
      machine.become(addUsageLeft(machine.state, left));
    },
    machine.ignore,
  );
  ignoreUnknownMessages(machine.ignore);
}

type Rule = (state: FleetState) => Decided;

function validate(machine: FleetMachine, rule: Rule): void {
  translating(() => rule(admitted(machine)));
}

function decide(machine: FleetMachine, rule: Rule): ApplyResult {
  return translating(() => {
    // The validator has checked `admitted`. An accepted update must not fail with an error that the client retries.
    const { state, answer } = rule(machine.state);
    if (answer.ids) machine.dryRun = true;
    machine.become(state);
    return answer;
  });
}

type Decide<R> = (state: FleetState, request: R, lost?: LostParts) => Decided;

/** `apply` and `scale`. */
function handleApply(machine: FleetMachine): void {
  const apply = afterALook(machine, (value) => applyRequest(value, 'apply'), applyMark, decideApply);
  setHandler(fleetUpdates.apply, apply.handle, {
    validator: apply.validate,
    description: 'Changes the fleet to spec, and replaces lost agents and pools; returns at acceptance',
  });
  const scale = afterALook(machine, (value) => scaleRequest(value, 'scale'), scaleMark, decideScale);
  setHandler(fleetUpdates.scale, scale.handle, {
    validator: scale.validate,
    description: 'Changes the number of replicas of an agent; returns at acceptance',
  });
}

/** Decides after it has looked for owned parts that are gone; immediately when the fleet owns none. */
function afterALook<R>(
  machine: FleetMachine,
  parse: (value: unknown) => R,
  markOf: (request: R) => RequestMark | undefined,
  decideOn: Decide<R>,
): { readonly handle: (value: unknown) => Promise<ApplyResult>; readonly validate: (value: unknown) => void } {
  const handle = async (value: unknown): Promise<ApplyResult> => {
    const request = translating(() => parse(value));
    const decided = (lost?: LostParts) => decide(machine, (state) => decideOn(state, request, lost));
    const call = translating(() => partsToCheck(machine.state, markOf(request)));
    if (call === null) return decided();
    const find = () => fleetActivities('find lost agents and pools').findLost(call);
    // A handler is outside the non-cancellable scope of the workflow, and a fleet ignores cancellation.
    return decided(
      await CancellationScope.nonCancellable(() => machine.supervisor.persist('find lost agents and pools', find)),
    );
  };
  return { handle, validate: (value) => validate(machine, (state) => decideOn(state, parse(value))) };
}

function viewOf({ state, supervisor }: FleetMachine): FleetView {
  return fleetView(state, supervisor.troubles());
}

/** Throws while continue-as-new is overdue; the client retries. */
function admitted({ state }: FleetMachine): FleetState {
  refuseWhenOverdue(`fleet ${state.fleet}`, state.continueAfterEvents ?? undefined);
  return state;
}

function handleCancel(machine: FleetMachine): void {
  const decided = (value: unknown): DecidedCancel =>
    translating(() => decideCancel(machine.state, cancelRequest(value ?? {}, 'cancel')));
  const handle = (value: unknown): ChangeView => {
    const { state, answer } = decided(value);
    machine.become(state);
    return answer;
  };
  setHandler(fleetUpdates.cancel, handle, {
    validator: (value: unknown) => {
      decided(value);
    },
    description: 'Stops and undoes the running change; returns at acceptance',
  });
}

function handleCompensate(machine: FleetMachine): void {
  const decided = (value: unknown): FleetState =>
    translating(() => decideCompensate(admitted(machine), compensateRequest(value, 'compensate'), isoNow()));
  const handle = (value: unknown): FleetView => {
    machine.become(decided(value));
    return viewOf(machine);
  };
  setHandler(fleetUpdates.compensate, handle, {
    validator: (value: unknown) => {
      decided(value);
    },
    description: 'Retries a failed compensation: {revision?, attempt?}',
  });
}

function handleNames(machine: FleetMachine): void {
  const named = (value: unknown): FleetState =>
    translating(() => decideRunName(admitted(machine), runNamed(value, 'nameRun')));
  const handle = (value: unknown): null => {
    machine.become(named(value));
    return null;
  };
  setHandler(fleetUpdates.nameRun, handle, {
    validator: (value: unknown) => {
      named(value);
    },
    description: 'Binds a request id to one run: {run, requestId}',
  });
}

function handleHolds(machine: FleetMachine): void {
  const told = async (next: FleetState, wait = true): Promise<FleetView> => {
    machine.become(next);
    const isTold = () => !machine.state.holdsDue;
    if (wait) await CancellationScope.nonCancellable(() => condition(isTold, ANSWER_WITHIN));
    return viewOf(machine);
  };
  const pause = (value: unknown) =>
    translating(() => {
      const request = pauseRequest(value ?? {}, 'pause');
      return { next: decidePause(admitted(machine), request, isoNow()), wait: request.wait };
    });
  const resume = (value: unknown) =>
    translating(() => {
      const request = resumeRequest(value ?? {}, 'resume');
      return { next: decideResume(admitted(machine), request, isoNow()), wait: request.wait };
    });
  const handle = async (decided: ReturnType<typeof pause>): Promise<FleetView> => told(decided.next, decided.wait);
  setHandler(fleetUpdates.pause, (value: unknown) => handle(pause(value)), {
    validator: (value: unknown) => {
      pause(value);
    },
    description: 'Holds every agent of the fleet, and agents that are added later',
  });
  setHandler(fleetUpdates.resume, (value: unknown) => handle(resume(value)), {
    validator: (value: unknown) => {
      resume(value);
    },
    description: "Releases the fleet's own hold of every agent",
  });
}

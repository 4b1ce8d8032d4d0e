/** Fleets: their desired state, and the changes that reach it. */
import { randomUUID } from 'node:crypto';
import type { UpdateDefinition } from '@temporalio/common';
import { DroverError } from '../../contract/errors';
import type {
  ApplyRequest,
  ApplyResult,
  CancelRequest,
  ChangeView,
  CompensateRequest,
  DestroyRequest,
  FleetHoldRequest,
  FleetDescription,
  FleetInput,
  FleetListItem,
  FleetSpec,
  FleetView,
  PlanResult,
  RunNamed,
  ScaleRequest,
} from '../../contract/fleet';
import { describeFleet, fleetUpdates } from '../../contract/fleet/messages';
import { FLEET_WORKFLOW, queues } from '../../contract/names';
import { keywords } from '../../contract/search-attributes';
import { planApply } from '../../rules/fleet/change';
import { desiredAgents } from '../../rules/fleet/plan/plan';
import { usageField } from '../../rules/lib/turn/usage';
import type { Calls } from '../temporal/calls';
import type { UpdateOptions } from '../temporal/call-options';
import type { CallOptions } from '../temporal/call-options';
import { endedError, orEnded } from '../temporal/ends';
import { checkPlan } from './check-plan';
import { type ChangeCallOptions, ENDED, followChange, type FollowOptions, sendInTurn } from './follow';
import { type FleetFilter, listFleets } from './fleet-items';
import { lostOf } from './lost';
import type { Approvable } from '../../contract/fleet/preflight';
import { fleetSubject } from '../temporal/subject';
import { fleetSpec } from '../../rules/fleet/spec/spec';
import { unsignedReferences } from '../../contract/fleet/references';
import { signFleet, type SpecKeys } from '../spec-keys';
import { topologyView } from './topology-view';
import { usageOf } from '../usage';
import type { Page, PageOptions } from '../temporal/visibility';

/** Approves the references of a fleet file before it is applied. */
export type ApproveReferences = (references: readonly string[]) => void;

/** `check`: whether the workers are asked for what `apply` would find missing; true unless given. */
export interface PlanOptions extends CallOptions {
  readonly check?: boolean;
}

/** All operations on fleets. */
export class Fleets {
  readonly #calls: Calls;
  readonly #queuePrefix: string;
  readonly #keys: SpecKeys | undefined;
  readonly #approve: ApproveReferences | undefined;

  /** Without keys, specifications are sent as they are, with the signatures that they have. */
  constructor(calls: Calls, queuePrefix: string, keys?: SpecKeys, approve?: ApproveReferences) {
    this.#calls = calls;
    this.#queuePrefix = queuePrefix;
    this.#keys = keys;
    this.#approve = approve;
  }

  /**
   * A fleet as its own workflow sees it, with the agents and pools of it that are gone.
   * `FleetNotFound` for an ended fleet.
   */
  async describe(fleet: string, options: CallOptions = {}): Promise<FleetDescription> {
    const view = await this.present(fleet, options);
    const [lost, usage] = await Promise.all([lostOf(this.#calls, view, options), usageOf(this.#calls, view, options)]);
    return { ...view, ...usageField(usage), topology: topologyView(view.spec), lost };
  }

  /** The same by a single call, without what is gone. */
  async present(fleet: string, options: CallOptions = {}): Promise<FleetView> {
    const { view, end } = await this.#calls.queryWithEnd(fleetSubject(fleet), describeFleet, options);
    if (end === null) return view;
    throw endedError(fleetSubject(fleet), end, ENDED);
  }

  /**
   * One page of fleets from visibility: eventually consistent, newest first. A fleet whose changes
   * were all rolled back is not listed.
   */
  list(options: PageOptions & FleetFilter = {}): Promise<Page<FleetListItem>> {
    return listFleets(this.#calls, options);
  }

  /**
   * The changes that `apply` would make, and the parts that it would find missing; `ids` is the id
   * map after that. Changes nothing, and starts nothing for a new fleet.
   */
  async plan(fleet: string, given: FleetSpec, { check = true, ...options }: PlanOptions = {}): Promise<PlanResult> {
    const spec = this.#signed(fleet, given);
    const planned = await this.#planned(fleet, spec, options);
    if (!check) return planned;
    const { changes } = planned;
    const plan = { fleet, spec, changes, approvable: this.#approvable(fleet, spec) };
    return { ...planned, ...(await checkPlan(this.#calls, this.#queuePrefix, plan)) };
  }

  async #planned(fleet: string, spec: FleetSpec, options: CallOptions): Promise<ApplyResult> {
    try {
      return await this.#calls.update(fleetSubject(fleet), fleetUpdates.apply, { spec, dryRun: true }, options);
    } catch (error) {
      if (!(error instanceof DroverError && error.code === 'FleetNotFound')) throw error;
      const ids = Object.fromEntries(desiredAgents(spec).map(({ name }) => [name, `dry-run-${name}`]));
      return { ...planApply({ revision: 0, agents: {}, spec: { agents: [] } }, spec), ids };
    }
  }

  /**
   * Brings the fleet, old or new, to the state in `request.spec`. Answers at acceptance; `follow`
   * waits for the end.
   */
  async apply(fleet: string, request: ApplyRequest, options: ChangeCallOptions = {}): Promise<ApplyResult> {
    if (request.dryRun) return this.plan(fleet, request.spec, options);
    const spec = this.#signed(fleet, request.spec);
    this.#approve?.(unsignedReferences(fleetSpec(spec, 'apply.spec')));
    const subject = fleetSubject(fleet);
    const input: FleetInput = { v: 1, fleet };
    const start = {
      workflowType: FLEET_WORKFLOW,
      taskQueue: queues.main(this.#queuePrefix),
      args: [input],
      typedSearchAttributes: keywords({ DroverFleet: fleet }),
      staticSummary: `fleet ${fleet}`,
    };
    const requestId = request.requestId ?? randomUUID();
    const send = () =>
      this.#calls.updateWithStart(
        subject,
        start,
        fleetUpdates.apply,
        { ...request, spec, requestId },
        { ...options, updateId: requestId },
      );
    return this.#inTurn(fleet, options, send);
  }

  /**
   * Gives an agent with replicas another number of them, as an `apply` of the fleet's own
   * specification would. Answers at acceptance; with `dryRun` it changes nothing.
   */
  scale(fleet: string, request: ScaleRequest, options: ChangeCallOptions = {}): Promise<ApplyResult> {
    const requestId = request.requestId ?? randomUUID();
    const send = () =>
      this.#command(fleet, fleetUpdates.scale, { ...request, requestId }, { ...options, updateId: requestId });
    return this.#inTurn(fleet, options, send);
  }

  /**
   * Removes every agent of the fleet, then the fleet; with `forget`, what cannot be removed is
   * given up. Answers at acceptance.
   */
  destroy(fleet: string, request: DestroyRequest = {}, options: ChangeCallOptions = {}): Promise<ApplyResult> {
    const requestId = request.requestId ?? randomUUID();
    const argument = { ...request, requestId };
    const send = () => this.#command(fleet, fleetUpdates.destroy, argument, { ...options, updateId: requestId });
    return this.#inTurn(fleet, options, send);
  }

  /**
   * Stops the running change; its steps are undone, as after a failure. Answers at acceptance with
   * the change; `follow` waits for its end. `RuntimeStateError` if no change runs, `StaleRevision`
   * if another change runs than `request` says.
   */
  cancel(fleet: string, request: CancelRequest = {}, options: CallOptions = {}): Promise<ChangeView> {
    const requestId = request.requestId ?? randomUUID();
    const argument = { ...request, requestId };
    return this.#calls.update(fleetSubject(fleet), fleetUpdates.cancel, argument, { ...options, updateId: requestId });
  }

  /**
   * Undoes a failed change again, as attempt `attempt` (higher than the last one) of revision
   * `revision`; unless given, as the next attempt of the latest change. Answers at acceptance;
   * `follow` waits for the end.
   */
  compensate(fleet: string, request: CompensateRequest = {}, options: CallOptions = {}): Promise<FleetView> {
    const requestId = request.requestId ?? randomUUID();
    const argument = { ...request, requestId };
    return this.#command(fleet, fleetUpdates.compensate, argument, { ...options, updateId: requestId });
  }

  /**
   * Makes a request id stand for one run of the fleet; `IdempotencyConflict` if it stands for
   * another one, or for a command.
   */
  async nameRun(fleet: string, request: RunNamed, options: CallOptions = {}): Promise<void> {
    await this.#command(fleet, fleetUpdates.nameRun, request, { ...options, updateId: request.requestId });
  }

  /**
   * Holds every agent of the fleet with the hold `fleet`, including agents that are added while it
   * lasts.
   */
  pause(fleet: string, request: FleetHoldRequest = {}, options: CallOptions = {}): Promise<FleetView> {
    const requestId = request.requestId ?? randomUUID();
    return this.#command(fleet, fleetUpdates.pause, { ...request, requestId }, { ...options, updateId: requestId });
  }

  /** Releases the hold `fleet` only: an agent that an operator has paused stays paused. */
  resume(fleet: string, request: Omit<FleetHoldRequest, 'reason'> = {}, options: CallOptions = {}): Promise<FleetView> {
    const requestId = request.requestId ?? randomUUID();
    return this.#command(fleet, fleetUpdates.resume, { ...request, requestId }, { ...options, updateId: requestId });
  }

  /** Waits until a change has ended. `state` and `error` of the answer say how. */
  follow(
    fleet: string,
    change: { readonly changeId: string; readonly revision: number },
    options: FollowOptions = {},
  ): Promise<ChangeView> {
    return followChange(this.#calls, fleet, change, options);
  }

  #signed(fleet: string, spec: FleetSpec): FleetSpec {
    return this.#keys ? signFleet(this.#keys, fleet, spec) : spec;
  }

  /** The references that `apply` of this client would approve. */
  #approvable(fleet: string, spec: FleetSpec): Approvable | undefined {
    const references = this.#approve ? unsignedReferences(spec) : [];
    if (references.length === 0) return undefined;
    return { references, ...(this.#keys && { signature: this.#keys.signReferences(fleet, references) }) };
  }

  #view(fleet: string, options: CallOptions = {}): Promise<FleetView> {
    return this.#calls.query(fleetSubject(fleet), describeFleet, options);
  }

  #command<T, A>(fleet: string, update: UpdateDefinition<T, [A]>, argument: A, options: UpdateOptions): Promise<T> {
    const subject = fleetSubject(fleet);
    return orEnded(this.#calls, subject, ENDED, this.#calls.update(subject, update, argument, options));
  }

  /** Sends a command, or waits for the running change first. */
  #inTurn(fleet: string, options: ChangeCallOptions, send: () => Promise<ApplyResult>): Promise<ApplyResult> {
    const busy = {
      view: () => this.#view(fleet),
      cancel: (changeId: string) => this.cancel(fleet, { changeId }),
    };
    return sendInTurn(busy, options, send);
  }
}

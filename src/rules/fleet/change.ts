/** The decisions of a fleet's workflow about a request: whether a change begins, and with which plan. */
import type { LostCall } from '../../contract/activities';
import type { LostParts } from '../../contract/ends';
import type { NamedOrigin } from '../../contract/caller/origin';
import { DroverError } from '../../contract/errors';
import type {
  ApplyRequest,
  ApplyResult,
  DestroyRequest,
  FleetSpec,
  PlannedChange,
  ScaleRequest,
} from '../../contract/fleet';
import { lostText } from '../lib/ends';
import { findRequest, markOf, REQUESTS_KEPT, type RequestMark } from '../lib/fingerprint';
import { namedOrigin } from '../lib/origin';
import { withoutPools } from './pools';
import { scaled } from './plan/scale';
import {
  type FleetChange,
  type FleetState,
  isChanging,
  isDestroyed,
  type RememberedRequest,
  unsignedFleet,
} from './state';
import { acceptedView } from './view';
import { desiredAgents, differingSettings, planChanges } from './plan/plan';
import { planDifferences } from './plan/plan-values';

/** The most lines of plans in remembered answers, because continue-as-new carries all of them. */
const PLAN_LINES_KEPT = 5_000;

/**
 * The longest spec, in characters of JSON. A fleet carries it once, once more as its agents' specs,
 * and twice more while a failed change may have to be undone; all that is carried stays below 1.5
 * MiB (docs/workflow-rules.md, rule 8).
 */
const MAX_SPEC_LENGTH = 256 * 1_024;

/** A decision: the new state, and the answer to the caller. */
export interface Decided {
  readonly state: FleetState;
  readonly answer: ApplyResult;
}

/** No part of the fleet is lost, as far as is known. */
export const NOTHING_LOST: LostParts = { agents: {}, pools: {} };

/**
 * The workflows to check before this `apply` is decided; null: none. A repeat has its answer
 * already, and while a change runs, the workflows of its agents start and end.
 */
export function partsToCheck(state: FleetState, mark: RequestMark | undefined): LostCall | null {
  const agents = Object.keys(state.agents);
  const pools = state.told.pools.map(({ pool }) => pool);
  if (agents.length + pools.length === 0 || isChanging(state)) return null;
  if (findRequest(state.requests, mark)) return null;
  return { fleet: state.fleet, agents, pools };
}

/**
 * Decides `apply`; throws `ChangeInProgress`, `StaleRevision` or `LimitReached`. A dry run changes
 * nothing; while a change runs, it compares with the fleet before that change. `lost`: agents and
 * pools whose workflows are gone, so that the change creates them again.
 */
export function decideApply(
  before: FleetState,
  request: ApplyRequest,
  lost = NOTHING_LOST,
  mark = applyMark(request),
): Decided {
  const state = withoutPools(before, (pool) => lost.pools[pool] !== undefined);
  const repeated = findRequest(state.requests, mark)?.answer;
  if (repeated) return { state, answer: repeated };
  if (request.dryRun) refuseWhenEnding(state);
  else refuseWhileChanging(state);
  const { spec, expectRevision } = request;
  if (expectRevision !== undefined && expectRevision !== state.revision) {
    const is = `fleet ${state.fleet} is at revision ${String(state.revision)}, not ${String(expectRevision)}`;
    throw new DroverError('StaleRevision', `${is}; check what changed and apply again`, { revision: state.revision });
  }
  if (JSON.stringify(spec).length > MAX_SPEC_LENGTH) {
    throw new DroverError(
      'LimitReached',
      `the spec is larger than ${String(MAX_SPEC_LENGTH / 1_024)} KiB; split it into two fleets`,
    );
  }
  const plan = planApply(before, spec, lost);
  if (request.dryRun) {
    const differences = planDifferences(before.agents, before.spec, spec);
    return { state: before, answer: { ...plan, ids: dryRunIds(state, plan.changes, spec), differences } };
  }
  const nothing = plan.changes.length === 0 && plan.settings.length === 0 && state.revision > 0;
  return nothing
    ? withAnswer(state, mark, plan)
    : acceptChange(state, 'apply', spec, { mark, given: namedOrigin(request) }, plan);
}

/**
 * Decides `scale`, which is an `apply` of the fleet's own specification with another number of
 * replicas. A repeat gets the first answer, also after another `apply`.
 */
export function decideScale(state: FleetState, request: ScaleRequest, lost = NOTHING_LOST): Decided {
  const mark = scaleMark(request);
  const repeated = findRequest(state.requests, mark)?.answer;
  return repeated ? { state, answer: repeated } : decideApply(state, scaled(state, request), lost, mark);
}

/** The mark of a `scale`. */
export function scaleMark(request: ScaleRequest): RequestMark | undefined {
  return markOf('scale', request);
}

/**
 * The mark of a request without its signatures, because a repeat may be signed with the next key.
 */
export function applyMark(request: ApplyRequest): RequestMark | undefined {
  const asked = { ...request, spec: unsignedFleet(request.spec) };
  return markOf('apply', asked);
}

/** The plan of an `apply` of this spec, also for a fleet that does not exist yet. */
export function planApply(
  state: Pick<FleetState, 'revision' | 'agents' | 'spec'>,
  spec: FleetSpec,
  lost = NOTHING_LOST,
): ApplyResult {
  const pools = spec.subscriptions?.flatMap(({ pool }) => {
    const end = lost.pools[pool];
    return end ? [{ pool, why: lostText(end) }] : [];
  });
  return {
    revision: state.revision,
    changes: planChanges(state.agents, spec, lost.agents),
    settings: differingSettings(state.spec, spec),
    ...(pools && pools.length > 0 ? { pools } : {}),
    changeId: null,
  };
}

function dryRunIds(state: FleetState, changes: readonly PlannedChange[], spec: FleetSpec): Record<string, string> {
  const made = changes.filter(({ kind }) => kind === 'create' || kind === 'replace').map(({ agent }) => agent);
  return Object.fromEntries(
    desiredAgents(spec).map(({ name }) => {
      const kept = made.includes(name) ? null : state.agents[name]?.resourceId;
      return [name, kept ?? `dry-run-${name}`];
    }),
  );
}

/** Decides `destroy`: the fleet deletes everything that it owns. Throws `ChangeInProgress`. */
export function decideDestroy(state: FleetState, request: DestroyRequest): Decided {
  const mark = markOf('destroy', request);
  const repeated = findRequest(state.requests, mark)?.answer;
  if (repeated) return { state, answer: repeated };
  refuseWhileChanging(state);
  const spec = { agents: [] };
  const { changes, revision } = planApply(state, spec);
  const destroying = acceptChange(
    state,
    'destroy',
    spec,
    { mark, given: namedOrigin(request) },
    { revision, changes, settings: [], changeId: null },
  );
  return request.forget ? { ...destroying, state: withForget(destroying.state) } : destroying;
}

function withForget(state: FleetState): FleetState {
  return state.change ? withChange(state, { ...state.change, forget: true }) : state;
}

/** A fleet that is ending answers nothing more: a retry reaches the next fleet of this name. */
function refuseWhenEnding(state: FleetState): void {
  if (isDestroyed(state)) throw new DroverError('Unavailable', `fleet ${state.fleet} is ending; try again`);
}

/** Throws `ChangeInProgress` while a change runs, and `Unavailable` for a fleet that is ending. */
export function refuseWhileChanging(state: FleetState): void {
  refuseWhenEnding(state);
  if (!isChanging(state)) return;
  const { changeId, revision } = state.change?.view ?? { changeId: '', revision: 0 };
  const message = `fleet ${state.fleet} is being changed (revision ${String(revision)}); wait for it with --wait, or cancel it with drover cancel ${state.fleet}`;
  throw new DroverError('ChangeInProgress', message, { changeId, revision });
}

function acceptChange(
  state: FleetState,
  kind: FleetChange['kind'],
  spec: FleetSpec,
  { mark, given }: { readonly mark: RequestMark | undefined; readonly given: NamedOrigin | undefined },
  { changes: plan, settings, pools }: ApplyResult,
): Decided {
  const revision = state.revision + 1;
  const changeId = `${state.incarnation}.${String(revision)}`;
  // A destroy of a fleet without agents still has its runs to end.
  const step = plan.length === 0 && kind !== 'destroy' ? 'ended' : 'place';
  const view = acceptedView(changeId, revision, plan, step === 'ended' ? 'done' : 'running');
  const change: FleetChange = { kind, step, spec, plan, input: null, record: null, view, ...(given && { given }) };
  const next = { ...state, revision, change, spec: step === 'ended' ? spec : state.spec };
  return withAnswer(next, mark, { revision, changes: plan, settings, ...(pools && { pools }), changeId });
}

function withAnswer(state: FleetState, mark: RequestMark | undefined, answer: ApplyResult): Decided {
  return { state: rememberRequest(state, mark, answer), answer };
}

/** Remembers a request. Without an `answer`, a repeat receives the fleet's current state. */
export function rememberRequest(
  state: FleetState,
  mark: RequestMark | undefined,
  answer: ApplyResult | null = null,
): FleetState {
  if (mark === undefined) return state;
  const requests = [...state.requests, { ...mark, answer }].slice(-REQUESTS_KEPT);
  const linesOf = (known: RememberedRequest): number => known.answer?.changes.length ?? 0;
  let lines = requests.reduce((sum, known) => sum + linesOf(known), 0);
  for (let first = requests[0]; first && requests.length > 1 && lines > PLAN_LINES_KEPT; first = requests[0]) {
    lines -= linesOf(first);
    requests.shift();
  }
  return { ...state, requests };
}

/** The fleet with this change. */
export function withChange(state: FleetState, change: FleetChange): FleetState {
  return { ...state, change };
}

/** How far a change has come: the state of a `provision` workflow, and the steps that lead from one to the next. */
import { boundedList, boundedText, shareBytes, SHORT_BYTES } from '../../contract/text';
import { withShares } from '../lib/shares';
import type { AgentSpec } from '../../contract/agent';
import type { CompensationEntry, CompensationRecord } from '../../contract/fleet/compensation';
import type {
  AgentChange,
  AgentProgress,
  ChangeState,
  ChangeView,
  Forgotten,
  OwnedAgent,
  PlannedChange,
  ProvisionInput,
  ProvisionResult,
} from '../../contract/fleet';
import { intend, planCompensation, recordResource } from './compensation';

/** How long a change may take, where its file does not say (docs/provisioning.md). */
export const DEFAULT_TIMEOUT = '2h';

/** Why a change goes no further. */
export interface Stop {
  readonly why: 'failed' | 'cancelled' | 'timed out';
  readonly message: string;
}

export interface ChangeRun {
  readonly input: ProvisionInput;
  readonly progress: Readonly<Record<string, AgentProgress>>;
  /** What exists now, of the agents of this change. */
  readonly owned: Readonly<Record<string, OwnedAgent>>;
  readonly created: readonly string[];
  readonly woken: readonly string[];
  /** The same counts of its parts, where the change is carried out in parts. */
  readonly parts: { readonly created: number; readonly woken: number };
  readonly record: CompensationRecord;
  /** What could not be removed and is given up. */
  readonly forgotten: readonly Forgotten[];
  readonly stop: Stop | null;
  readonly state: ChangeState;
}

/** An agent's progress before anything has been done. */
export function waiting({ agent, kind }: PlannedChange): AgentProgress {
  return { agent, kind, step: 'waiting', error: null };
}

/** A change before its first step; `at` in ISO 8601. */
export function beginChange(input: ProvisionInput, at: string): ChangeRun {
  const { changeId: id, fleet, revision, changes } = input;
  return {
    input,
    progress: Object.fromEntries(changes.map((change) => [change.agent, waiting(change)])),
    owned: Object.fromEntries(changes.flatMap(ownedBefore)),
    created: [],
    woken: [],
    parts: { created: 0, woken: 0 },
    record: input.undo ?? planCompensation({ id, fleet, revision, at }),
    forgotten: [],
    stop: null,
    state: 'running',
  };
}

function ownedBefore({ agent, previous }: AgentChange): [string, OwnedAgent][] {
  if (!previous) return [];
  const { spec: _spec, ...owned } = previous;
  return [[agent, owned]];
}

/** One agent is at another step; an error that it has had is kept. */
export function atStep(run: ChangeRun, agent: string, step: AgentProgress['step'], error?: string): ChangeRun {
  const before = run.progress[agent];
  if (!before) return run;
  const share = shareBytes(Object.keys(run.progress).length);
  const told = error === undefined ? before.error : boundedText(error, share);
  return { ...run, progress: { ...run.progress, [agent]: { ...before, step, error: told } } };
}

/** The undo log has the create, before the create is asked for. */
export function intendCreate(run: ChangeRun, agent: string, key: string, spec: AgentSpec, at: string): ChangeRun {
  const record = intend(run.record, { kind: spec.provider, name: agent, key }, at);
  return atStep({ ...run, record }, agent, 'creating');
}

/** Create has returned: the id is in the map and in the undo log. */
export function recordCreated(run: ChangeRun, owned: OwnedAgent, agent: string, at: string): ChangeRun {
  const { resourceId } = owned;
  const record = resourceId === null ? run.record : recordResource(run.record, owned.key, resourceId, at);
  const created = { ...run, record, owned: { ...run.owned, [agent]: owned }, created: [...run.created, agent] };
  return atStep(created, agent, 'waking');
}

/** The runtime runs, or is held. */
export function recordWoken(run: ChangeRun, agent: string): ChangeRun {
  return run.woken.includes(agent) ? run : { ...run, woken: [...run.woken, agent] };
}

/** The running agent has the new specification. */
export function recordUpdated(run: ChangeRun, agent: string): ChangeRun {
  const owned = run.owned[agent];
  if (!owned) return run;
  const { doubt: _doubt, ...sure } = owned;
  return atStep(
    { ...run, owned: { ...run.owned, [agent]: { ...sure, revision: run.input.revision } } },
    agent,
    'updated',
  );
}

/** The agent and its resource are gone. */
export function recordGone(run: ChangeRun, agent: string, step: AgentProgress['step']): ChangeRun {
  const { [agent]: _gone, ...owned } = run.owned;
  return atStep({ ...run, owned }, agent, step);
}

/** What there is of an agent could not be removed, and is given up: nobody owns it any more. */
export function recordForgotten(run: ChangeRun, agent: string, why: string): ChangeRun {
  const owned = run.owned[agent];
  if (!owned) return run;
  const { provider, resourceId, key } = owned;
  const forgotten = [...run.forgotten, { agent, provider, resourceId, key, why: boundedText(why, SHORT_BYTES) }];
  return recordGone({ ...run, forgotten }, agent, 'deleted');
}

/** What there is of an agent cannot be vouched for: the next apply puts it right. */
export function doubtful(run: ChangeRun, agent: string, doubt: NonNullable<OwnedAgent['doubt']>): ChangeRun {
  const owned = run.owned[agent];
  return owned ? { ...run, owned: { ...run.owned, [agent]: { ...owned, doubt } } } : run;
}

/** An undo that failed leaves something behind, whose id may not even be known: the fleet goes on owning it, by its key. */
export function recordLeftOver(run: ChangeRun, agent: string, entry: CompensationEntry, error: string): ChangeRun {
  const spec = run.input.changes.find((change) => change.agent === agent)?.spec;
  if (!spec) return run;
  const left: OwnedAgent = { ...ownedAs(run.input, spec, entry.key, entry.resourceId), doubt: 'resource' };
  return atStep({ ...run, owned: { ...run.owned, [agent]: left } }, agent, 'failed', error);
}

/** What the fleet owns once a resource has been made by this change. */
export function ownedAs(input: ProvisionInput, spec: AgentSpec, key: string, resourceId: string | null): OwnedAgent {
  const { provider } = spec;
  const host = provider === 'process' ? { host: input.host } : {};
  return { resourceId, key, revision: input.revision, provider, ...host };
}

/** One agent's part has failed; the first failure stops the change. */
export function recordFailure(run: ChangeRun, agent: string, message: string): ChangeRun {
  return stopped(atStep(run, agent, 'failed', message), { why: 'failed', message: `${agent}: ${message}` });
}

/** The change goes no further; the first reason is the one that counts. */
export function stopped(run: ChangeRun, stop: Stop): ChangeRun {
  return run.stop ? run : { ...run, stop };
}

/** Whether what has been begun is broken off too, and not only nothing new is begun: not when a failure is kept as it is. */
export function breaksOff({ stop, input }: ChangeRun): boolean {
  return stop !== null && !(stop.why === 'failed' && input.provisioning.onFailure === 'keep');
}

/** Whether the undo log is to be carried out. */
export function mustCompensate({ stop, input, record }: ChangeRun): boolean {
  return stop !== null && input.provisioning.onFailure !== 'keep' && record.entries.length > 0;
}

/** The change at its end; what is kept without having become ready is left over. */
export function endChange(run: ChangeRun): ChangeRun {
  const state = endState(run);
  if (state !== 'kept') return { ...run, state };
  return run.record.entries.reduce<ChangeRun>(
    (kept, entry) => {
      const progress = kept.progress[entry.name];
      return progress?.step === 'ready'
        ? kept
        : recordLeftOver(kept, entry.name, entry, progress?.error ?? 'not finished');
    },
    { ...run, state },
  );
}

function endState({ stop, input, record }: ChangeRun): ChangeState {
  if (!stop) return 'done';
  if (record.state === 'compensated') return record.entries.length > 0 ? 'rolled back' : 'failed';
  return record.entries.length > 0 && input.provisioning.onFailure === 'keep' && record.state === 'pending'
    ? 'kept'
    : 'failed';
}

/** The change as `describe` shows it. */
export function changeView(run: ChangeRun): ChangeView {
  const agents = Object.values(run.progress);
  const { state, attempt, entries, audit, metrics } = run.record;
  const shown = run.input.undo !== undefined || state !== 'pending' || run.state === 'kept';
  const finished = agents.filter(({ step }) => step === 'ready' || step === 'updated' || step === 'deleted').length;
  return {
    changeId: run.input.changeId,
    revision: run.input.revision,
    state: run.state,
    steps: {
      created: run.created.length + run.parts.created,
      woken: run.woken.length + run.parts.woken,
      ready: finished,
      total: agents.length,
    },
    compensation: shown ? { state, attempt, entries: withShares(entries), audit, metrics } : null,
    error: errorText(run),
    agents,
    ids: Object.fromEntries(
      Object.entries(run.owned).flatMap(([agent, { resourceId }]) =>
        resourceId === null ? [] : [[agent, resourceId]],
      ),
    ),
    ...(run.forgotten.length === 0 ? {} : { forgotten: run.forgotten }),
  };
}

/** Every agent that failed with its reason, after what stopped the change where that is no agent's failure. */
function errorText({ stop, progress }: ChangeRun): string | null {
  if (!stop) return null;
  const failures = Object.values(progress).flatMap(({ agent, error }) =>
    error === null ? [] : [`${agent}: ${error}`],
  );
  const all = stop.why === 'failed' && failures.length > 0 ? failures : [stop.message, ...failures];
  return boundedList(all);
}

/** What the fleet hears in the end. */
export function changeResult(run: ChangeRun): ProvisionResult {
  return { change: changeView(run), agents: run.owned, record: run.record };
}

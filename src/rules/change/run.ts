/** The state of a `provision` workflow, and the steps of a change. */
import { boundedText, shareBytes, SHORT_BYTES } from '../../contract/text';
import type { AgentSpec } from '../../contract/agent';
import type { CompensationEntry, CompensationRecord } from '../../contract/fleet/compensation';
import type {
  AgentChange,
  AgentProgress,
  ChangeState,
  Forgotten,
  OwnedAgent,
  PlannedChange,
  ProvisionInput,
} from '../../contract/fleet';
import { intend, planCompensation, recordResource } from './compensation';

/** How long a change may take by default (docs/provisioning.md). */
export const DEFAULT_TIMEOUT = '2h';

/** Default number of agents in progress at a time (docs/provisioning.md, "What a change does"). */
export const DEFAULT_MAX_CONCURRENT = 16;

/** Why a change stops. */
export interface Stop {
  readonly why: 'failed' | 'cancelled' | 'timed_out';
  readonly message: string;
  /** The code of a refusal; absent for any other stop. */
  readonly code?: 'Forbidden';
}

/** The progress of a change. */
export interface ChangeRun {
  readonly input: ProvisionInput;
  readonly progress: Readonly<Record<string, AgentProgress>>;
  /** The agents of this change that exist now. */
  readonly owned: Readonly<Record<string, OwnedAgent>>;
  readonly created: readonly string[];
  readonly woken: readonly string[];
  /** The same counts in the parts of a large change. */
  readonly parts: { readonly created: number; readonly woken: number };
  readonly record: CompensationRecord;
  /** Agents that could not be removed and that the fleet gave up. */
  readonly forgotten: readonly Forgotten[];
  readonly stop: Stop | null;
  /** The fleet says that the change is over: it was reset after its end, and does nothing more. */
  readonly over?: true;
  readonly state: ChangeState;
}

/** An agent's progress before its first step. */
export function waitingProgress({ agent, kind }: PlannedChange): AgentProgress {
  return { agent, kind, step: 'waiting', error: null };
}

/** A change before its first step; `at` in ISO 8601. */
export function beginChange(input: ProvisionInput, at: string): ChangeRun {
  const { changeId: id, fleet, revision, changes } = input;
  return {
    input,
    progress: Object.fromEntries(changes.map((change) => [change.agent, waitingProgress(change)])),
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

/** Moves an agent to a step; its earlier error stays unless `error` replaces it. */
export function atStep(run: ChangeRun, agent: string, step: AgentProgress['step'], error?: string): ChangeRun {
  const before = run.progress[agent];
  if (!before) return run;
  const share = shareBytes(Object.keys(run.progress).length);
  const told = error === undefined ? before.error : boundedText(error, share);
  return { ...run, progress: { ...run.progress, [agent]: { ...before, step, error: told } } };
}

/** Writes the create into the undo log, before it is sent. */
export function intendCreate(run: ChangeRun, agent: string, key: string, spec: AgentSpec, at: string): ChangeRun {
  const record = intend(run.record, { kind: spec.provider, name: agent, key }, at);
  return atStep({ ...run, record }, agent, 'creating');
}

/** Records a created resource in the id map and in the undo log. */
export function recordCreated(run: ChangeRun, owned: OwnedAgent, agent: string, at: string): ChangeRun {
  const { resourceId } = owned;
  const record = resourceId === null ? run.record : recordResource(run.record, owned.key, resourceId, at);
  const created = { ...run, record, owned: { ...run.owned, [agent]: owned }, created: [...run.created, agent] };
  return atStep(created, agent, 'waking');
}

/** Records that the runtime runs, or is held. */
export function recordWoken(run: ChangeRun, agent: string): ChangeRun {
  return run.woken.includes(agent) ? run : { ...run, woken: [...run.woken, agent] };
}

/** Records that the running agent has the new specification. */
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

/** Records that the agent and its resource are gone. */
export function recordGone(run: ChangeRun, agent: string, step: AgentProgress['step']): ChangeRun {
  const { [agent]: _gone, ...owned } = run.owned;
  return atStep({ ...run, owned }, agent, step);
}

/** Gives up an agent whose resource could not be removed: a fleet no longer owns it. */
export function recordForgotten(run: ChangeRun, agent: string, why: string): ChangeRun {
  const owned = run.owned[agent];
  if (!owned) return run;
  const { provider, resourceId, key } = owned;
  const forgotten = [...run.forgotten, { agent, provider, resourceId, key, why: boundedText(why, SHORT_BYTES) }];
  return recordGone({ ...run, forgotten }, agent, 'deleted');
}

/** Marks an agent whose state is unknown; the next apply repairs it. */
export function unknownOutcome(run: ChangeRun, agent: string, doubt: NonNullable<OwnedAgent['doubt']>): ChangeRun {
  const owned = run.owned[agent];
  return owned ? { ...run, owned: { ...run.owned, [agent]: { ...owned, doubt } } } : run;
}

/**
 * Records a resource that a failed undo left behind. The fleet still owns it by its key, even
 * without an id.
 */
export function recordLeftOver(run: ChangeRun, agent: string, entry: CompensationEntry, error: string): ChangeRun {
  const spec = run.input.changes.find((change) => change.agent === agent)?.spec;
  if (!spec) return run;
  const left: OwnedAgent = { ...ownedAs(run.input, spec, entry.key, entry.resourceId), doubt: 'resource' };
  return atStep({ ...run, owned: { ...run.owned, [agent]: left } }, agent, 'failed', error);
}

/** The entry of the id map for a resource that this change created. */
export function ownedAs(input: ProvisionInput, spec: AgentSpec, key: string, resourceId: string | null): OwnedAgent {
  const { provider } = spec;
  const host = provider === 'process' ? { host: input.host } : {};
  return { resourceId, key, revision: input.revision, provider, ...host };
}

/** Records an agent's failure or refusal; the first one stops the change. */
export function recordFailure(
  run: ChangeRun,
  agent: string,
  message: string,
  code: Stop['code'] | null = null,
): ChangeRun {
  const stop = { why: 'failed', message: `${agent}: ${message}`, ...(code && { code }) } as const;
  return stopChange(atStep(run, agent, 'failed', message), stop);
}

/** Stops the change; only the first reason counts. */
export function stopChange(run: ChangeRun, stop: Stop): ChangeRun {
  return run.stop ? run : { ...run, stop };
}

/** Stops a change that was reset after its end, without a compensation. */
export function recordOver(run: ChangeRun): ChangeRun {
  const message = 'this change is over and was reset: its fleet owns what it made, so nothing is done or undone';
  return { ...stopChange(run, { why: 'cancelled', message }), over: true };
}

/** Whether the change was reset after its end. */
export function isOver({ over }: ChangeRun): boolean {
  return over === true;
}

/**
 * Whether the stop also breaks off the steps in progress. A failure with `onFailure: keep` lets
 * them finish.
 */
export function breaksOff({ stop, input, over }: ChangeRun): boolean {
  return over === true || (stop !== null && !(stop.why === 'failed' && input.provisioning.onFailure === 'keep'));
}

/** Whether the change must be compensated. */
export function mustCompensate({ stop, input, record, over }: ChangeRun): boolean {
  return over !== true && stop !== null && input.provisioning.onFailure !== 'keep' && record.entries.length > 0;
}

/** Ends the change. Of a kept change, agents that are not ready count as left over. */
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
  if (record.state === 'compensated') return record.entries.length > 0 ? 'rolled_back' : 'failed';
  return record.entries.length > 0 && input.provisioning.onFailure === 'keep' && record.state === 'pending'
    ? 'kept'
    : 'failed';
}

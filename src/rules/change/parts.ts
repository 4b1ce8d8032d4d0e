/**
 * Splits a large change into parts, each in its own workflow, so that no history grows without
 * bound.
 */
import type { CompensationEntry } from '../../contract/fleet/compensation';
import type { AgentChange, ChangeKind, ProvisionInput, ProvisionResult } from '../../contract/fleet';
import { atStep, type ChangeRun, unknownOutcome, recordLeftOver, stopChange } from './run';
import { intend, settleEntry } from './compensation';

/**
 * The order of the phases. Steps that may fail come first, and steps without an undo last. So a
 * fleet keeps its old agents if the new ones do not start.
 */
export const PHASES: readonly ChangeKind[] = ['create', 'replace', 'update', 'delete'];

/**
 * Agents per workflow. An agent costs 11 events of history (measured with 200), its undo as many
 * again, and each repeated question to a slow one 8. A part of 200 agents stays below the 10,000
 * events that no workflow of Drover exceeds.
 */
export const AGENTS_PER_PART = 200;

/** The parts of a change in the order of its phases; a change with a single part is not split. */
export function partsOf(input: ProvisionInput, size = AGENTS_PER_PART): ProvisionInput[] {
  const ordered = PHASES.flatMap((phase) => input.changes.filter(({ kind }) => kind === phase));
  const parts: ProvisionInput[] = [];
  for (let from = 0; from < ordered.length; from += size) {
    parts.push({ ...input, changes: ordered.slice(from, from + size) });
  }
  return parts;
}

/** Merges the result of a part into the change. */
export function absorbPart(
  run: ChangeRun,
  part: ProvisionInput,
  { change, agents, record }: ProvisionResult,
): ChangeRun {
  const { created, woken } = change.steps;
  const seen = new Set(run.record.entries.map(({ key }) => key));
  const entries = [...run.record.entries, ...record.entries.filter(({ key }) => !seen.has(key))];
  const next: ChangeRun = {
    ...run,
    owned: { ...without(run.owned, part.changes), ...agents },
    progress: { ...run.progress, ...Object.fromEntries(change.agents.map((progress) => [progress.agent, progress])) },
    parts: { created: run.parts.created + created, woken: run.parts.woken + woken },
    record: { ...run.record, entries },
    forgotten: [...run.forgotten, ...(change.forgotten ?? [])],
  };
  return change.state === 'done'
    ? next
    : stopChange(next, {
        why: 'failed',
        message: change.error ?? 'a part of it failed',
        ...(change.code && { code: change.code }),
      });
}

function without<T>(owned: Readonly<Record<string, T>>, changes: readonly AgentChange[]): Record<string, T> {
  const names = new Set(changes.map(({ agent }) => agent));
  return Object.fromEntries(Object.entries(owned).filter(([agent]) => !names.has(agent)));
}

/**
 * A part ended without a result. All that it may have created must be undone by key, and the state
 * of the agents that it had is unknown.
 */
export function losePart(run: ChangeRun, part: ProvisionInput, why: string, at: string): ChangeRun {
  const record = part.changes.reduce(
    (log, { agent, key, spec }) =>
      key === null || !spec ? log : intend(log, { kind: spec.provider, name: agent, key }, at),
    run.record,
  );
  const unsure = part.changes.reduce(
    (left, { agent, kind }) => unknownOutcome(left, agent, kind === 'update' ? 'spec' : 'resource'),
    { ...run, record },
  );
  return stopChange(unsure, { why: 'failed', message: why });
}

/** The input of a part's undo: its entries that are still to be undone, in the current attempt. */
export function undoOfPart(run: ChangeRun, part: ProvisionInput): ProvisionInput {
  return { ...part, undo: { ...run.record, entries: pendingOf(run, part) } };
}

function pendingOf({ record }: ChangeRun, { changes }: ProvisionInput): CompensationEntry[] {
  const keys = new Set(changes.map(({ key }) => key));
  return record.entries.filter(({ key, outcome }) => outcome === 'pending' && keys.has(key));
}

/** A part without the agents that existed before it, because its undo does not touch them. */
export function madeByPart(part: ProvisionInput): ProvisionInput {
  const changes = part.changes.flatMap((change) => (change.key === null ? [] : [{ ...change, previous: null }]));
  return { ...part, changes };
}

/** Merges the result of a part's undo into the change. */
export function absorbUndo(run: ChangeRun, part: ProvisionInput, result: ProvisionResult, at: string): ChangeRun {
  const record = result.record.entries.reduce(
    (log, { key, outcome, error }) => (outcome === 'pending' ? log : settleEntry(log, key, outcome, at, error)),
    run.record,
  );
  const next: ChangeRun = { ...run, record, owned: { ...without(run.owned, part.changes), ...result.agents } };
  return result.change.agents.reduce(
    (seen, { agent, step, error }) => (step === 'waiting' ? seen : atStep(seen, agent, step, error ?? undefined)),
    next,
  );
}

/** The undo of a part ended without a result: the fleet still owns what was to be undone. */
export function loseUndo(run: ChangeRun, part: ProvisionInput, why: string, at: string): ChangeRun {
  return pendingOf(run, part).reduce((left, entry) => {
    const record = settleEntry(left.record, entry.key, 'failed', at, why);
    return recordLeftOver({ ...left, record }, entry.name, entry, `not undone: ${why}`);
  }, run);
}

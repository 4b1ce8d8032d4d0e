/** Large changes are carried out in parts, each a workflow of its own, so that no history grows without bound. */
import type { CompensationEntry } from '../../contract/fleet/compensation';
import type { AgentChange, ChangeKind, ProvisionInput, ProvisionResult } from '../../contract/fleet';
import { atStep, type ChangeRun, doubtful, recordLeftOver, stopped } from './run';
import { intend, settleEntry } from './compensation';

/**
 * What may fail comes first, so that a failure leaves alone what cannot be taken back: a fleet whose new agents do not start
 * keeps its old ones.
 */
export const PHASES: readonly ChangeKind[] = ['create', 'replace', 'update', 'delete'];

/**
 * Agents per workflow. One costs 11 events of history (measured with 200), its undo as many again, and 8 for each time that a slow
 * one is asked: with 200, a part stays below the 10,000 events that no workflow of Drover exceeds.
 */
export const AGENTS_PER_PART = 200;

/** The parts of a change in the order of its phases; one alone: it needs none. */
export function partsOf(input: ProvisionInput, size = AGENTS_PER_PART): ProvisionInput[] {
  const ordered = PHASES.flatMap((phase) => input.changes.filter(({ kind }) => kind === phase));
  const parts: ProvisionInput[] = [];
  for (let from = 0; from < ordered.length; from += size) {
    parts.push({ ...input, changes: ordered.slice(from, from + size) });
  }
  return parts;
}

/** The change after one of its parts: what the part has done and undone is the change's own. */
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
    : stopped(next, { why: 'failed', message: change.error ?? 'a part of it failed' });
}

function without<T>(owned: Readonly<Record<string, T>>, changes: readonly AgentChange[]): Record<string, T> {
  const names = new Set(changes.map(({ agent }) => agent));
  return Object.fromEntries(Object.entries(owned).filter(([agent]) => !names.has(agent)));
}

/** A part ended without telling: everything that it may have made has to be undone by its key, and nothing is sure of what was there. */
export function losePart(run: ChangeRun, part: ProvisionInput, why: string, at: string): ChangeRun {
  const record = part.changes.reduce(
    (log, { agent, key, spec }) =>
      key === null || !spec ? log : intend(log, { kind: spec.provider, name: agent, key }, at),
    run.record,
  );
  const unsure = part.changes.reduce(
    (left, { agent, kind }) => doubtful(left, agent, kind === 'update' ? 'spec' : 'resource'),
    { ...run, record },
  );
  return stopped(unsure, { why: 'failed', message: why });
}

/** What a part's undo works on: its entries that are still to be undone, of the attempt that has begun. */
export function undoOfPart(run: ChangeRun, part: ProvisionInput): ProvisionInput {
  return { ...part, undo: { ...run.record, entries: pendingOf(run, part) } };
}

function pendingOf({ record }: ChangeRun, { changes }: ProvisionInput): CompensationEntry[] {
  const keys = new Set(changes.map(({ key }) => key));
  return record.entries.filter(({ key, outcome }) => outcome === 'pending' && keys.has(key));
}

/** A part without what was there before it: that is known, and not at stake. */
export function madeByPart(part: ProvisionInput): ProvisionInput {
  const changes = part.changes.flatMap((change) => (change.key === null ? [] : [{ ...change, previous: null }]));
  return { ...part, changes };
}

/** The change after the undo of a part. */
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

/** The undo of a part ended without telling: what it was to undo is still the fleet's. */
export function loseUndo(run: ChangeRun, part: ProvisionInput, why: string, at: string): ChangeRun {
  return pendingOf(run, part).reduce((left, entry) => {
    const record = settleEntry(left.record, entry.key, 'failed', at, why);
    return recordLeftOver({ ...left, record }, entry.name, entry, `not undone: ${why}`);
  }, run);
}

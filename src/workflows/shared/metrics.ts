/**
 * Counts what happens in workflows, on the meter of Temporal's SDK: once, since a replay does not
 * count. Without an exporter on the worker this does nothing.
 */
import { metricMeter } from '@temporalio/workflow';
import { WORKER_METRICS } from '../../contract/metrics';
import type { Usage } from '../../contract/usage';
import type { TurnOutcome, TurnReply } from '../../contract/agent/turns';
import { isRecord } from '../../rules/lib/parse';

const { restarts, changes, turns, waits, costs, tokens, runs } = WORKER_METRICS;

/** Counts restarts of an agent. */
export function countRestarts(fleet: string, number: number): void {
  if (number > 0) metricMeter.createCounter(restarts.name, '', restarts.help).add(number, { fleet });
}

/** Counts a change that has ended. */
export function countChange(fleet: string, result: string): void {
  metricMeter.createCounter(changes.name, '', changes.help).add(1, { fleet, result });
}

/** Records an answered turn. */
export function recordTurn(fleet: string, outcome: TurnOutcome, ms: number): void {
  record(turns, ms, { fleet, outcome: labelOf(outcome) });
}

/** Records how long a turn waited in the queue. */
export function recordWait(fleet: string, ms: number): void {
  record(waits, ms, { fleet });
}

/** Records the usage of a turn, once the agent's own sum has it. */
export function recordUsage(fleet: string, usage: Usage | undefined): void {
  if (usage === undefined) return;
  metricMeter.createHistogram(costs.name, 'float', '', costs.help).record(usage.costUsd, { fleet });
  const counter = metricMeter.createCounter(tokens.name, '', tokens.help);
  counter.add(usage.inputTokens, { fleet, direction: 'input' });
  counter.add(usage.outputTokens, { fleet, direction: 'output' });
}

/** Records a run that has ended. */
export function recordRun(fleet: string, state: string, ms: number): void {
  record(runs, ms, { fleet, state });
}

/** The actions of replies, as values of a label; anything else that an agent answers is one value. */
const ACTIONS: readonly unknown[] = ['invoke', 'final', 'ask', 'fail'] satisfies readonly TurnReply['action'][];

function labelOf(outcome: TurnOutcome): string {
  if ('error' in outcome) return outcome.error.code;
  const { reply } = outcome;
  const action = isRecord(reply) ? reply['action'] : undefined;
  return typeof action === 'string' && ACTIONS.includes(action) ? action : 'malformed';
}

function record(
  { name, help }: { readonly name: string; readonly help: string },
  ms: number,
  labels: Readonly<Record<string, string>>,
): void {
  metricMeter.createHistogram(name, 'float', '', help).record(Math.max(0, ms) / 1_000, { ...labels });
}

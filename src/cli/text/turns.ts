/** Turns of a run that are over, for people. */
import type { RunTurns, TurnRecord } from '../../contract/run/turn-record';
import { oneLine } from '../../contract/text';
import { age } from './age';

/** Bytes of a value on the screen; `-o json` has all of it. */
const SHOWN_BYTES = 2_000;

/** Each turn with what it was given and what it answered; then what is missing. */
export function turnsText({ turns, problems }: RunTurns): string {
  const none = turns.length === 0 ? ['no turn of this run is kept: a host keeps the last 1,000'] : [];
  return [...none, ...turns.flatMap(linesOf), ...problems.map((why) => `missing: ${why}`)].join('\n');
}

function linesOf(turn: TurnRecord): string[] {
  const { agent, turnId, attempt, startedAt, durationMs, host, input, reply, error, usage } = turn;
  const facts = [
    `attempt ${String(attempt)}`,
    `${age(startedAt)} ago`,
    `took ${(durationMs / 1_000).toFixed(1)} s`,
    `host ${host}`,
    ...(usage === undefined ? [] : [usageText(usage)]),
  ];
  return [
    `${agent}  turn ${turnId}: ${facts.join(', ')}`,
    `  input: ${valueText(input)}`,
    ...(reply === undefined ? [] : [`  reply: ${valueText(reply)}`]),
    ...(error === undefined ? [] : [`  error: ${error.code}: ${oneLine(error.message, SHOWN_BYTES)}`]),
  ];
}

function usageText({ costUsd, inputTokens, outputTokens, model }: NonNullable<TurnRecord['usage']>): string {
  const parts = [
    ...(model === undefined ? [] : [model]),
    ...(inputTokens === undefined ? [] : [`${String(inputTokens)} tokens in`]),
    ...(outputTokens === undefined ? [] : [`${String(outputTokens)} out`]),
    ...(costUsd === undefined ? [] : [`$${String(costUsd)}`]),
  ];
  return parts.join(' ');
}

function valueText(value: unknown): string {
  return oneLine(JSON.stringify(value) ?? 'null', SHOWN_BYTES);
}

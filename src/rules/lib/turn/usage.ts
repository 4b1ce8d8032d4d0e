/** Adds up the usage of turns. */
import type { TurnUsage, Usage } from '../../../contract/usage';
import { stateOf } from '../carried';
import { integer, number, object, optional, type Parser, text } from '../parse';

/** A dollar amount or a sum of tokens stays exact below these. */
const MOST_DOLLARS = 1e6;
const MOST_TOKENS = 1e12;
/** Longer than the name of any model. */
const MODEL_LENGTH = 200;
/** Sums of decimal fractions would end in digits that no agent reported. */
const DECIMALS = 1e9;

/** The fields of `usage` in a reply. */
export const USAGE_FIELDS = ['costUsd', 'inputTokens', 'outputTokens', 'model'] as const;

const tokens = optional(integer(0, MOST_TOKENS));

/** The `usage` of a reply. */
export const turnUsage: Parser<TurnUsage> = object({
  costUsd: optional(number(0, MOST_DOLLARS)),
  inputTokens: tokens,
  outputTokens: tokens,
  model: optional(text(MODEL_LENGTH)),
});

/** A sum that was carried or sent. */
export const usage: Parser<Usage> = stateOf<Usage>()({
  turns: integer(),
  costUsd: number(0, Number.MAX_SAFE_INTEGER),
  inputTokens: integer(),
  outputTokens: integer(),
});

/** The sum with one more turn; unchanged for a turn that reported nothing. */
export function addTurn(sum: Usage | undefined, turn: TurnUsage | null): Usage | undefined {
  if (turn === null) return sum;
  const { costUsd = 0, inputTokens = 0, outputTokens = 0 } = turn;
  return added(sum, { turns: 1, costUsd, inputTokens, outputTokens });
}

/** The sum of sums; undefined if none of them is known. */
export function sumOfUsage(sums: Iterable<Usage | undefined>): Usage | undefined {
  let whole: Usage | undefined;
  for (const sum of sums) if (sum !== undefined) whole = added(whole, sum);
  return whole;
}

/** The growth of a sum; undefined if it has not grown. */
export function usageSince(before: Usage | undefined, now: Usage | undefined): Usage | undefined {
  if (now === undefined || before === undefined) return now;
  if (now.turns === before.turns) return undefined;
  return {
    turns: now.turns - before.turns,
    costUsd: exact(now.costUsd - before.costUsd),
    inputTokens: now.inputTokens - before.inputTokens,
    outputTokens: now.outputTokens - before.outputTokens,
  };
}

/** As the optional field of a view or a record: absent if no turn reported usage. */
export function usageField(sum: Usage | undefined): { readonly usage?: Usage } {
  return sum === undefined ? {} : { usage: sum };
}

function added(one: Usage | undefined, other: Usage): Usage {
  if (one === undefined) return other;
  return {
    turns: one.turns + other.turns,
    costUsd: exact(one.costUsd + other.costUsd),
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
  };
}

function exact(dollars: number): number {
  return Math.round(dollars * DECIMALS) / DECIMALS;
}

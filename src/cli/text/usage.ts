/** Text of usage for people. */
import type { Usage } from '../../contract/usage';

/** The line `Usage` of a description: `$0.0123, 1200 tokens in, 300 out, 4 turns`; empty if no turn reported usage. */
export function usageFacts(usage: Usage | undefined): (readonly [string, string])[] {
  if (usage === undefined) return [];
  const { costUsd, inputTokens, outputTokens, turns } = usage;
  const cost = `$${costUsd === 0 || costUsd >= 0.01 ? costUsd.toFixed(2) : String(Number(costUsd.toPrecision(3)))}`;
  const counted = `${String(turns)} ${turns === 1 ? 'turn' : 'turns'}`;
  return [['Usage', `${cost}, ${String(inputTokens)} tokens in, ${String(outputTokens)} out, ${counted}`]];
}

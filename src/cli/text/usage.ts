/** Text of usage for people. */
import type { Usage } from '../../contract/usage';

/** The line `Usage` of a description: `$0.0123, 1200 tokens in, 300 out, 4 turns`; empty if no turn reported usage. */
export function usageFacts(usage: Usage | undefined): (readonly [string, string])[] {
  if (usage === undefined) return [];
  const { costUsd, inputTokens, outputTokens, turns } = usage;
  const counted = `${String(turns)} ${turns === 1 ? 'turn' : 'turns'}`;
  return [['Usage', `${dollars(costUsd)}, ${String(inputTokens)} tokens in, ${String(outputTokens)} out, ${counted}`]];
}

/** The column of a list, if one of its items has reported usage: `$0.0123 1200/300`; `-` for an item without. */
export function usageColumn(items: readonly { readonly usage?: Usage }[]): UsageColumn {
  const isKnown = items.some(({ usage }) => usage !== undefined);
  return { head: isKnown ? ['USAGE'] : [], cell: ({ usage }) => (isKnown ? [usageCell(usage)] : []) };
}

/** The titles of the column, and its text for an item: none or one of each. */
export interface UsageColumn {
  readonly head: readonly string[];
  readonly cell: (item: { readonly usage?: Usage }) => readonly string[];
}

function usageCell(usage: Usage | undefined): string {
  if (usage === undefined) return '-';
  return `${dollars(usage.costUsd)} ${String(usage.inputTokens)}/${String(usage.outputTokens)}`;
}

/** Two decimals, and three digits of less than a cent. */
function dollars(costUsd: number): string {
  return `$${costUsd === 0 || costUsd >= 0.01 ? costUsd.toFixed(2) : String(Number(costUsd.toPrecision(3)))}`;
}

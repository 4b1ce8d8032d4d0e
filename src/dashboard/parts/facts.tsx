/** A list of names and values. */
import type { ComponentChildren, JSX } from 'preact';

/** Facts; one without a value (null or undefined) is left out. */
export function Facts({ of }: { readonly of: Readonly<Record<string, ComponentChildren>> }): JSX.Element {
  const known = Object.entries(of).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return (
    <dl>
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Usage in words, such as `12 turns, $0.31, 4,000 tokens in, 900 out`. */
export function usageText(
  usage: { turns: number; costUsd: number; inputTokens: number; outputTokens: number } | undefined,
): string | null {
  if (usage === undefined || usage.turns === 0) return null;
  const { turns, costUsd, inputTokens, outputTokens } = usage;
  const tokens = `${inputTokens.toLocaleString('en')} tokens in, ${outputTokens.toLocaleString('en')} out`;
  return `${turns.toLocaleString('en')} turns, $${costUsd.toFixed(2)}, ${tokens}`;
}

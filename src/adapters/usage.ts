/** The usage of one turn, over all prompts until a valid reply. */
import type { TurnUsage } from '../contract/usage';

/** The sum of two; undefined counts as nothing. The later model wins. */
export function addedUsage(one: TurnUsage | undefined, other: TurnUsage | undefined): TurnUsage | undefined {
  if (one === undefined || other === undefined) return other ?? one;
  const sum = (name: 'costUsd' | 'inputTokens' | 'outputTokens') =>
    one[name] === undefined && other[name] === undefined ? {} : { [name]: (one[name] ?? 0) + (other[name] ?? 0) };
  const model = other.model ?? one.model;
  return {
    ...sum('costUsd'),
    ...sum('inputTokens'),
    ...sum('outputTokens'),
    ...(model === undefined ? {} : { model }),
  };
}

/** Usage without the fields that are not known; undefined if none is. */
export function usageOf(fields: { readonly [K in keyof TurnUsage]: TurnUsage[K] | undefined }): TurnUsage | undefined {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

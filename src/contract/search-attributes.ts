/**
 * Search attributes in the form of a workflow's start options; set at the start, they cost no
 * history event.
 */
import type { SEARCH_ATTRIBUTES } from './names';

/** The key of an attribute, with its type in the SDK's words. */
export interface KeyOf<Name extends string, Type extends string> {
  readonly name: Name;
  readonly type: Type;
}

function keyword<const Name extends string>(name: Name): KeyOf<Name, 'KEYWORD'> {
  return { name, type: 'KEYWORD' };
}

function keywordList<const Name extends string>(name: Name): KeyOf<Name, 'KEYWORD_LIST'> {
  return { name, type: 'KEYWORD_LIST' };
}

/**
 * The search attributes as typed keys, for `typedSearchAttributes` of start options and for typed
 * reads of a description.
 *
 * @example
 * ```ts
 * const { typedSearchAttributes } = await client.workflow.getHandle(agentWorkflowId('mars', 'AgentA')).describe();
 * const liveness = typedSearchAttributes.get(searchAttributeKeys.DroverLiveness);
 * ```
 */
export const searchAttributeKeys = {
  DroverFleet: keyword('DroverFleet'),
  DroverAgent: keyword('DroverAgent'),
  DroverAgentStatus: keyword('DroverAgentStatus'),
  DroverLiveness: keyword('DroverLiveness'),
  DroverPool: keyword('DroverPool'),
  DroverSubscription: keyword('DroverSubscription'),
  DroverRunState: keyword('DroverRunState'),
  DroverHolds: keywordList('DroverHolds'),
} as const satisfies { readonly [Name in keyof typeof SEARCH_ATTRIBUTES]: KeyOf<Name, string> };

/** The name of an attribute with a single value. */
export type KeywordName = {
  [Name in keyof typeof SEARCH_ATTRIBUTES]: (typeof SEARCH_ATTRIBUTES)[Name] extends 'Keyword' ? Name : never;
}[keyof typeof SEARCH_ATTRIBUTES];

/** One attribute with its value, as the SDK's `typedSearchAttributes` takes it. */
export interface KeywordPair {
  readonly key: { readonly name: KeywordName; readonly type: 'KEYWORD' };
  readonly value: string;
}

/** The pairs of all attributes with a value. */
export function keywords(values: { readonly [Name in KeywordName]?: string | undefined }): KeywordPair[] {
  return (Object.keys(values) as KeywordName[]).flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [{ key: { name, type: 'KEYWORD' as const }, value }];
  });
}

/**
 * Search attributes in the form of a workflow's start options; set at the start, they cost no
 * history event.
 */
import { SEARCH_ATTRIBUTES, type SearchAttributeType } from './names';
import { utf8Bytes } from './text';

/** The key of an attribute, with its type in the SDK's words. */
export interface KeyOf<Name extends string, Type extends string> {
  readonly name: Name;
  readonly type: Type;
}

/** The types in the SDK's words. */
export const SDK_TYPES = {
  Keyword: 'KEYWORD',
  KeywordList: 'KEYWORD_LIST',
  Datetime: 'DATETIME',
} as const satisfies Record<SearchAttributeType, string>;

/** The table with the type of each attribute. */
export type SearchAttributeTable = typeof SEARCH_ATTRIBUTES;

/** The key of every attribute of the table. */
export type SearchAttributeKeys = {
  readonly [Name in keyof SearchAttributeTable]: KeyOf<Name, (typeof SDK_TYPES)[SearchAttributeTable[Name]]>;
};

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
export const searchAttributeKeys = Object.fromEntries(
  Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, { name, type: SDK_TYPES[type] }]),
) as SearchAttributeKeys;

/** The name of an attribute with a single value. */
export type KeywordName = {
  [Name in keyof SearchAttributeTable]: SearchAttributeTable[Name] extends 'Keyword' ? Name : never;
}[keyof SearchAttributeTable];

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

/** Limit of the server for one value, in bytes of its JSON. A longer value ends the workflow. */
export const SEARCH_VALUE_BYTES = 2_048;
/** The most bytes of a list, with room for the server's own count. */
const LIST_BYTES = SEARCH_VALUE_BYTES - 48;

/** The first values that fit into an attribute of the type KeywordList. */
export function firstThatFit(values: readonly string[]): string[] {
  const kept: string[] = [];
  for (const value of values) {
    if (utf8Bytes(JSON.stringify([...kept, value])) > LIST_BYTES) break;
    kept.push(value);
  }
  return kept;
}

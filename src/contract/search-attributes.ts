/**
 * Search attributes in the form of a workflow's start options; set at the start, they cost no
 * history event.
 */
import type { SEARCH_ATTRIBUTES } from './names';

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

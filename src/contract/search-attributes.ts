/** What a workflow is found by, in the form in which starters hand it to Temporal: set at the start it costs no event of its own. */
import type { SEARCH_ATTRIBUTES } from './names';

/** The name of an attribute that has one value. */
export type KeywordName = {
  [Name in keyof typeof SEARCH_ATTRIBUTES]: (typeof SEARCH_ATTRIBUTES)[Name] extends 'Keyword' ? Name : never;
}[keyof typeof SEARCH_ATTRIBUTES];

/** A value for one attribute, as the SDK's `typedSearchAttributes` takes it. */
export interface KeywordPair {
  readonly key: { readonly name: KeywordName; readonly type: 'KEYWORD' };
  readonly value: string;
}

/** The attributes that have a value. */
export function keywords(values: { readonly [Name in KeywordName]?: string | undefined }): KeywordPair[] {
  return (Object.keys(values) as KeywordName[]).flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [{ key: { name, type: 'KEYWORD' as const }, value }];
  });
}

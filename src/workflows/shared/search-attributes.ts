/** Search attributes of workflows that a client has started without them. */
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { type KeywordName, keywords } from '../../contract/search-attributes';

/** Sets the attributes that are missing or different. Writes an event only then. */
export function ensureKeywords(values: { readonly [Name in KeywordName]?: string | undefined }): void {
  const { typedSearchAttributes: known } = workflowInfo();
  const missing = keywords(values).filter(({ key, value }) => known.get(key) !== value);
  if (missing.length > 0) upsertSearchAttributes(missing);
}

/** What a workflow is found by, where whoever has started it has not said so. */
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { type KeywordName, keywords } from '../../contract/search-attributes';

/** Sets those that the workflow was started without, or with another value; costs an event only then. */
export function ensureKeywords(values: { readonly [Name in KeywordName]?: string | undefined }): void {
  const { typedSearchAttributes: known } = workflowInfo();
  const missing = keywords(values).filter(({ key, value }) => known.get(key) !== value);
  if (missing.length > 0) upsertSearchAttributes(missing);
}

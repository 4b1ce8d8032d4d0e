/**
 * Checks the search attributes before a worker polls: without them every workflow that it touches
 * gets stuck (docs/workflow-rules.md, rule 17).
 */
import type { Client } from '@temporalio/client';
import { DroverError } from '../../contract/errors';
import { SEARCH_ATTRIBUTES, type SearchAttributeType } from '../../contract/names';

/** Temporal's `IndexedValueType` of the types in use. */
const INDEXED_VALUE_TYPES = { Keyword: 2, Datetime: 6, KeywordList: 7 } as const satisfies Record<
  SearchAttributeType,
  number
>;

/**
 * Throws `Unavailable` with one message that names everything missing, with the commands that add
 * it.
 */
export async function checkSearchAttributes(client: Client): Promise<void> {
  const { namespace } = client.options;
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  const wrong = Object.entries(SEARCH_ATTRIBUTES).filter(
    ([name, type]) => Number(customAttributes[name]) !== INDEXED_VALUE_TYPES[type],
  );
  if (wrong.length === 0) return;
  const commands = wrong.map(
    ([name, type]) =>
      `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${type}`,
  );
  throw new DroverError(
    'Unavailable',
    `namespace ${namespace} lacks search attributes, or has them with another type; create them first:\n  ${commands.join('\n  ')}`,
    {
      missing: wrong.map(([name]) => name),
    },
  );
}

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

type Name = keyof typeof SEARCH_ATTRIBUTES;

/** The attributes that the namespace lacks, and those that it has with another type. */
async function lacking(client: Client): Promise<{ readonly missing: Name[]; readonly other: Name[] }> {
  const { namespace } = client.options;
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  const wrong = (Object.keys(SEARCH_ATTRIBUTES) as Name[]).filter(
    (name) => Number(customAttributes[name]) !== INDEXED_VALUE_TYPES[SEARCH_ATTRIBUTES[name]],
  );
  return {
    missing: wrong.filter((name) => customAttributes[name] === undefined),
    other: wrong.filter((name) => customAttributes[name] !== undefined),
  };
}

/**
 * Registers the attributes that the namespace lacks, and returns their names. One with another type
 * stays as it is.
 */
export async function registerSearchAttributes(client: Client): Promise<string[]> {
  const { namespace } = client.options;
  const { missing } = await lacking(client);
  const searchAttributes = Object.fromEntries(
    missing.map((name) => [name, INDEXED_VALUE_TYPES[SEARCH_ATTRIBUTES[name]]]),
  );
  if (missing.length > 0) await client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  return missing;
}

/**
 * Throws `Unavailable` with one message that names everything missing, with the commands that add
 * it.
 */
export async function checkSearchAttributes(client: Client): Promise<void> {
  const { namespace } = client.options;
  const { missing, other } = await lacking(client);
  const wrong = [...missing, ...other];
  if (wrong.length === 0) return;
  const commands = wrong.map(
    (name) =>
      `temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${SEARCH_ATTRIBUTES[name]}`,
  );
  throw new DroverError(
    'Unavailable',
    `namespace ${namespace} lacks search attributes, or has them with another type; run drover doctor --fix, or create them first:\n  ${commands.join('\n  ')}`,
    {
      missing: wrong,
    },
  );
}

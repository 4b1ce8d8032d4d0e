/**
 * Makes one event of all search attributes that a workflow sets in one activation. The SDK sends each upsert as a command of its own,
 * which the server writes as an event of its own.
 */
import type { ConcludeActivationInput, WorkflowInterceptors } from '@temporalio/workflow';

type Command = ConcludeActivationInput['commands'][number];

/** The SDK finds this export by its name, because the bundle takes every file of this folder. */
export const interceptors = (): WorkflowInterceptors => ({
  internals: [{ concludeActivation: (input, next) => next({ ...input, commands: merged(input.commands) }) }],
});

/** The first upsert gets the attributes of all; a later value of an attribute wins. */
function merged(commands: readonly Command[]): Command[] {
  const upserts = commands.filter(isUpsert);
  const [first] = upserts;
  if (first === undefined || upserts.length === 1) return [...commands];
  const indexedFields = Object.assign({}, ...upserts.map(fieldsOf)) as ReturnType<typeof fieldsOf>;
  const one: Command = { ...first, upsertWorkflowSearchAttributes: { searchAttributes: { indexedFields } } };
  return commands.flatMap((command) => (command === first ? [one] : isUpsert(command) ? [] : [command]));
}

function isUpsert({ upsertWorkflowSearchAttributes }: Command): boolean {
  return (upsertWorkflowSearchAttributes ?? null) !== null;
}

function fieldsOf({ upsertWorkflowSearchAttributes }: Command) {
  return upsertWorkflowSearchAttributes?.searchAttributes?.indexedFields ?? {};
}

/** Operator commands for a Temporal server, by its CLI (60 ms each; no gRPC client needed). */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Search attributes by name, with Temporal's names of their types. */
export type SearchAttributes = Readonly<Record<string, string>>;

/** The server and namespace of the commands. */
export interface OperatorTarget {
  readonly binary: string;
  readonly address: string;
  readonly namespace: string;
}

/**
 * True once the server serves. On a busy machine it accepts connections a moment earlier, but
 * refuses every command until then.
 */
export async function isServing(target: OperatorTarget): Promise<boolean> {
  return operator(target, ['cluster', 'health']).then(
    (answer) => answer.trim() === 'SERVING',
    () => false,
  );
}

/** Makes the namespace, which keeps closed workflows for so many days. */
export async function createNamespace(target: OperatorTarget, days: number): Promise<void> {
  await operator(target, ['namespace', 'create', '--retention', `${days}d`]);
}

/** Sets how long closed workflows are kept, in days. */
export async function setRetention(target: OperatorTarget, days: number): Promise<void> {
  await operator(target, ['namespace', 'update', '--retention', `${days}d`]);
}

/** How long the namespace keeps closed workflows, in days. */
export async function retentionDays(target: OperatorTarget): Promise<number> {
  const { config } = JSON.parse(await operator(target, ['namespace', 'describe', '-o', 'json'])) as {
    config: { workflowExecutionRetentionTtl: string };
  };
  return Number.parseInt(config.workflowExecutionRetentionTtl, 10) / 86_400;
}

/**
 * Ensures that every search attribute exists with its type: without it every workflow that sets it
 * gets stuck.
 */
export async function ensureSearchAttributes(target: OperatorTarget, wanted: SearchAttributes): Promise<void> {
  const known = await listSearchAttributes(target);
  for (const [name, type] of Object.entries(wanted)) {
    const actual = known.get(name);
    if (actual === undefined) {
      await operator(target, ['search-attribute', 'create', '--name', name, '--type', type]);
    } else if (actual !== type) {
      throw new Error(
        `The search attribute ${name} has the type ${actual} in namespace ${target.namespace}, and must have ${type}.`,
      );
    }
  }
  const registered = await listSearchAttributes(target);
  const missing = Object.keys(wanted).filter((name) => !registered.has(name));
  if (missing.length > 0) throw new Error(`Temporal did not register the search attributes ${missing.join(', ')}.`);
}

async function listSearchAttributes(target: OperatorTarget): Promise<Map<string, string>> {
  const { customAttributes } = JSON.parse(await operator(target, ['search-attribute', 'list', '-o', 'json'])) as {
    customAttributes?: Record<string, string>;
  };
  // INDEXED_VALUE_TYPE_KEYWORD_LIST -> KeywordList
  const typeName = (type: string) =>
    type
      .replace('INDEXED_VALUE_TYPE_', '')
      .split('_')
      .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
      .join('');
  return new Map(Object.entries(customAttributes ?? {}).map(([name, type]) => [name, typeName(type)]));
}

/** Runs a command with an empty environment, as settings of the CLI could redirect it. */
async function operator(target: OperatorTarget, args: readonly string[]): Promise<string> {
  const { binary, address, namespace } = target;
  const { stdout } = await execute(binary, ['operator', ...args, '--address', address, '--namespace', namespace], {
    env: {},
    timeout: 20_000,
  });
  return stdout;
}

/** Every field of a fleet file is described, with the default of the code, in the page and for editors. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FieldRow, fieldsOf, fieldTables } from '../../../src/cli/text/fields';
import { fleetFileJsonSchema, fleetFileSchema } from '../../../src/contract/schemas/fleet-file';
import { agentSettings } from '../../../src/rules/agent/spec/settings';
import { DEFAULT_MAX_CONCURRENT, DEFAULT_TIMEOUT } from '../../../src/rules/change/run';
import { durationMs } from '../../../src/rules/lib/duration';
import { newPool, skipForMs } from '../../../src/rules/pool/state';
import { mustCompile } from '../../../src/rules/topology/compile';

const fields = fieldsOf(fleetFileJsonSchema());
const field = (path: string): FieldRow => {
  const found = fields.find((each) => each.path === path);
  if (!found) throw new Error(`no field ${path}`);
  return found;
};

test('docs/fleet-file.md has the tables that the schema makes', () => {
  const page = readFileSync(join(__dirname, '../../../docs/fleet-file.md'), 'utf8');
  const [, tables = ''] = /<!-- fields -->\n\n([^]*)\n\n<!-- \/fields -->/.exec(page) ?? [];
  expect(tables).toBe(fieldTables(fleetFileJsonSchema()));
  const rows = [...tables.matchAll(/^\| `([^`]+)` \|/gm)].map(([, row = '']) => row);
  expect(fields.filter(({ path }) => !rows.some((row) => path.endsWith(row)))).toEqual([]);
});

test.each(fields)('$path has a sentence, and a default or an example unless it only groups fields', (row) => {
  const { description, examples } = row.schema;
  expect(description).toMatch(/^[A-Z`].*\.$/);
  const groups = fields.some(({ path }) => path.startsWith(`${row.path}.`) || path.startsWith(`${row.path}[]`));
  expect(groups || row.schema.default !== undefined || examples?.length === 1).toBe(true);
});

/** A file in which each field of an agent and its fleet has the value that the schema shows. */
function shown(parent: string): Record<string, unknown> {
  const depth = parent.split('.').length + 1;
  const own = fields.filter(({ path }) => path.startsWith(`${parent}.`) && path.split('.').length === depth);
  return Object.fromEntries(
    own.map(({ path, schema }) => {
      const value =
        schema.default ?? schema.examples?.[0] ?? (schema.type === 'array' ? [shown(`${path}[]`)] : shown(path));
      return [path.split('.').at(-1) ?? '', value];
    }),
  );
}

test('defaults and examples are valid where they stand', () => {
  const file = { apiVersion: 'drover/v1', kind: 'Fleet', metadata: { name: 'hello' }, spec: shown('spec') };
  expect(fleetFileSchema.safeParse(file).error?.issues ?? []).toEqual([]);
});

describe('a default is the one of the code', () => {
  const agent = { name: 'A', provider: 'external' as const };
  const none = agentSettings({ ...agent, liveness: { healthCheck: {} } });
  const ms = (path: string) => durationMs(String(field(path).schema.default));

  test.each([
    ['spec.liveness.heartbeatEvery', none.heartbeatEveryMs],
    ['spec.liveness.staleAfter', none.staleAfterMs],
    ['spec.liveness.startupGrace', none.startupGraceMs],
    ['spec.liveness.healthCheck.every', none.healthCheck?.everyMs],
    ['spec.liveness.healthCheck.timeout', none.healthCheck?.timeoutMs],
    ['spec.liveness.healthCheck.debounce', none.healthCheck?.debounceMs],
    ['spec.restart.window', none.restart.windowMs],
    ['spec.restart.backoff.initial', none.restart.backoffInitialMs],
    ['spec.restart.backoff.max', none.restart.backoffMaxMs],
    ['spec.agents[].turns.timeout', none.turns.timeoutMs],
    ['spec.agents[].turns.unavailableTimeout', none.turns.unavailableTimeoutMs],
    ['spec.provisioning.timeout', durationMs(DEFAULT_TIMEOUT)],
    ['spec.subscriptions[].skipFor', skipForMs(newPool('p', { credentials: [] }, null))],
  ])('%s, a duration', (path, expected) => {
    expect(ms(path)).toBe(expected);
  });

  const { convergence } = mustCompile({ flows: ['Start -> A', 'A -> End'] }, 'InvalidFleet');
  test.each([
    ['spec.liveness.healthCheck.failures', none.healthCheck?.failures],
    ['spec.provisioning.maxConcurrent', DEFAULT_MAX_CONCURRENT],
    ['spec.restart.on', none.restart.on],
    ['spec.restart.maxAttempts', none.restart.maxAttempts],
    ['spec.agents[].turns.maxParallel', none.turns.maxParallel],
    ['spec.agents[].turns.queue', none.turns.queue],
    ['spec.topology.convergence.minRatio', convergence.minRatio],
    ['spec.topology.convergence.onInsufficient', convergence.onInsufficient],
    ['spec.topology.convergence.terminateOrphans', convergence.terminateOrphans],
  ])('%s', (path, expected) => {
    expect(field(path).schema.default).toBe(expected);
  });
});

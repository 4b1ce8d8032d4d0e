import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { parse as readYaml } from 'yaml';
import type { z } from 'zod';
import { DroverError } from '../../../src/contract/errors';
import { scenarioSchema, scriptSchema } from '../../../src/contract/schemas/scenario';
import { topologySchema } from '../../../src/contract/schemas/topology';
import type { Parser } from '../../../src/rules/lib/parse';
import { parseRunStart, parseScenario, parseScript } from '../../../src/rules/run/scenario';
import { parseTopologySpec } from '../../../src/rules/topology/parse';
import { runs } from '../../support/runs';

const mars = {
  apiVersion: 'drover/v1',
  kind: 'Scenario',
  topology: {
    flows: ['Start -> A', 'A -> End'],
    rules: ['max_steps(3)'],
    convergence: { minRatio: 0.5, timeout: '5m' },
  },
  task: 'q',
  replicas: { A: 3 },
  script: {
    A: [
      { action: 'ask', question: 'which?', delay: '20ms' },
      { action: 'final', response: { deep: [1, null] }, repeat: true },
    ],
    User: [{ answer: null, delay: '1h' }],
  },
};

/** The outcome of a parser for a value: the value, or its refusal. Any other error is a bug. */
function parsed(parser: Parser<unknown>, value: unknown): { value: unknown } | 'refused' {
  try {
    return { value: parser(value, 'it') };
  } catch (error) {
    if (error instanceof DroverError && error.code === 'InvalidRequest') return 'refused';
    throw error;
  }
}

function checked(schema: z.ZodType, value: unknown): { value: unknown } | 'refused' {
  const result = schema.safeParse(value);
  return result.success ? { value: result.data } : 'refused';
}

/** Any value in place of the one at a random place below `value`, or one key more, or one less. */
function mutated(value: unknown): fc.Arbitrary<unknown> {
  const other = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(
      '',
      'A',
      '1x',
      '5m',
      '0s',
      '721h',
      '1.5s',
      'strict',
      'final',
      0,
      1,
      -1,
      0.5,
      1.5,
      true,
      null,
      [],
      {},
    ),
  );
  if (typeof value !== 'object' || value === null) return other;
  if (Array.isArray(value)) {
    const items: unknown[] = value;
    const at = fc.nat(Math.max(items.length - 1, 0));
    return fc.oneof(
      { weight: 1, arbitrary: other },
      { weight: 1, arbitrary: other.map((more) => [...items, more]) },
      {
        weight: items.length === 0 ? 0 : 4,
        arbitrary: at.chain((index) => mutated(items[index]).map((item) => items.with(index, item))),
      },
    );
  }
  const entries = Object.entries(value);
  const key = fc.constantFrom(...entries.map(([name]) => name), 'User', 'B', 'repeat', 'delay', '1x', 'constructor');
  return fc.oneof(
    { weight: 1, arbitrary: other },
    { weight: 1, arbitrary: fc.tuple(key, other).map(([name, more]) => ({ ...value, [name]: more })) },
    { weight: 1, arbitrary: key.map((name) => Object.fromEntries(entries.filter(([present]) => present !== name))) },
    {
      weight: 5,
      arbitrary: fc
        .constantFrom(...entries, ['extra', null] as [string, unknown])
        .chain(([name, item]) => mutated(item).map((changed) => ({ ...value, [name]: changed }))),
    },
  );
}

describe.each<[string, Parser<unknown>, z.ZodType, unknown]>([
  ['a topology', parseTopologySpec, topologySchema, mars.topology],
  ['a script', parseScript, scriptSchema, mars.script],
  ['a scenario', parseScenario, scenarioSchema, mars],
])('%s', (_, parser, schema, good) => {
  it('is read as it stands, by both', () => {
    expect(parsed(parser, good)).toEqual({ value: good });
    expect(checked(schema, good)).toEqual({ value: good });
  });

  it('is read and refused alike by the sandbox and the edges', () => {
    fc.assert(
      fc.property(
        mutated(good).chain((once) => fc.oneof(fc.constant(once), mutated(once))),
        (value) => {
          expect(parsed(parser, value)).toEqual(checked(schema, value));
        },
      ),
      { numRuns: runs(2_000) },
    );
  });
});

it.each([
  [
    { A: [{ action: 'final', repeat: true }, { action: 'final' }] },
    'it.A[0].repeat: only the last of the list can repeat',
  ],
  [{ A: [{ response: 1 }] }, 'it.A[0].action: expected an action'],
  [{ A: [{ action: 'final', delay: '5 minutes' }] }, 'it.A[0].delay: expected a duration'],
  [{ User: [{ action: 'final' }] }, 'it.User[0].action: unknown key'],
])('refuses %j', (script, message) => {
  expect(() => parseScript(script, 'it')).toThrow(message);
});

it('reads every case of the examples', () => {
  const directory = `${__dirname}/../../cases`;
  for (const file of readdirSync(directory)) {
    const scenario: unknown = readYaml(readFileSync(`${directory}/${file}`, 'utf8'));
    expect(parsed(parseScenario, scenario)).toEqual({ value: scenario });
  }
});

it("reads a run's input, and refuses what is not one", () => {
  const input = {
    v: 1,
    fleet: 'mars',
    run: 'r1',
    task: null,
    topology: mars.topology,
    script: mars.script,
    trace: true,
  };
  expect(parseRunStart(input, 'input')).toEqual(input);
  for (const wrong of [
    null,
    {},
    { ...input, v: 2 },
    { ...input, run: 'a/b' },
    { ...input, topology: {} },
    { ...input, more: 1 },
  ]) {
    expect(parsed(parseRunStart, wrong)).toBe('refused');
  }
});

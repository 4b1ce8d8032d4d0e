import { DroverError } from '../../../src/contract/errors';
import { migrations, NewerVersion, type Lift } from '../../../src/rules/lib/migrations';
import { AGENT_INPUT } from '../../../src/rules/agent/input/migrate';
import { PROVISION_INPUT } from '../../../src/rules/change/migrate';
import { NOTIFY_INPUT } from '../../../src/rules/events/migrate';
import { FLEET_INPUT } from '../../../src/rules/fleet/migrate';
import { LEASE_INPUT } from '../../../src/rules/lease/migrate';
import { POOL_INPUT } from '../../../src/rules/pool/migrate';
import { BRANCH_INPUT, RUN_INPUT } from '../../../src/rules/run/migrate';

/** Each marks what it has seen, so that a lift that is left out, repeated or out of order shows. */
const LIFTS: readonly Lift[] = [
  ({ name, ...others }) => ({ ...others, names: [name], seen: ['1 to 2'] }),
  ({ seen, ...others }) => ({ ...others, seen: [...asList(seen), '2 to 3'] }),
  ({ seen, names, ...others }) => ({ ...others, names: asList(names).length, seen: [...asList(seen), '3 to 4'] }),
];

function asList(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError('no list');
  return [...(value as unknown[])];
}

const ENTITY = migrations<4>('entity', 4, LIFTS);

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('it was expected to throw');
}

test.each([
  [1, { v: 1, name: 'a', more: true }, { v: 4, names: 1, more: true, seen: ['1 to 2', '2 to 3', '3 to 4'] }],
  [2, { v: 2, names: ['a', 'b'], seen: [] }, { v: 4, names: 2, seen: ['2 to 3', '3 to 4'] }],
  [3, { v: 3, names: ['a'], seen: [] }, { v: 4, names: 1, seen: ['3 to 4'] }],
  [4, { v: 4, names: 7 }, { v: 4, names: 7 }],
])('an input of version %i is lifted step by step', (_, input, lifted) => {
  const before = structuredClone(input);
  expect(ENTITY.migrate(input)).toEqual(lifted);
  expect(input).toEqual(before);
});

test('a newer version is refused with both versions, and with what to do', () => {
  const error = thrownBy(() => ENTITY.migrate({ v: 5, names: 1 }));
  expect(error).toBeInstanceOf(NewerVersion);
  expect(error).toMatchObject({
    code: 'InvalidRequest',
    message:
      'input.v: the input of this entity has version 5, and this worker reads up to version 4; update the worker',
    details: { path: 'input.v', found: 5, known: 4 },
  });
});

test.each([
  ['no version', {}],
  ['version 0', { v: 0 }],
  ['a negative version', { v: -1 }],
  ['half a version', { v: 1.5 }],
  ['a version as text', { v: '1' }],
  ['no number at all', { v: Number.NaN }],
  ['null', null],
  ['a list', [{ v: 1 }]],
  ['a text', 'v1'],
  ['nothing', undefined],
  ['an input that the first lift cannot read', { v: 2, seen: 'nothing' }],
])('%s is an invalid request, and no newer version', (_, input) => {
  const error = thrownBy(() => ENTITY.migrate(input));
  expect(error).toBeInstanceOf(DroverError);
  expect(error).not.toBeInstanceOf(NewerVersion);
  expect(error).toMatchObject({ code: 'InvalidRequest' });
});

test('a version without its lift, and a lift without its version, are defects', () => {
  expect(() => migrations<3>('entity', 3, LIFTS)).toThrow('has version 3, but 3 lifts');
  expect(() => migrations<4>('entity', 4, LIFTS.slice(1))).toThrow('has version 4, but 2 lifts');
});

test.each([AGENT_INPUT, FLEET_INPUT, PROVISION_INPUT, POOL_INPUT, RUN_INPUT, BRANCH_INPUT, NOTIFY_INPUT, LEASE_INPUT])(
  'the input of $what: its version is read as it is, and the next one is refused',
  (known) => {
    const input = { v: known.version, anything: ['at', 'all'] };
    expect(known.migrate(input)).toEqual(input);
    expect(thrownBy(() => known.migrate({ v: known.version + 1 }))).toBeInstanceOf(NewerVersion);
  },
);

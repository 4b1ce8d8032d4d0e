/** Malformed starts: any input or carried state is read, or refused with `InvalidRequest` and its path. */
import fc from 'fast-check';
import { DroverError } from '../../../src/contract/errors';
import { initialState } from '../../../src/rules/agent/input/initial-state';
import { runs } from '../../support/runs';
import { agentInput } from '../agent/agents';
import { AT, fullAgent } from './carried-agent';
import { STARTS, agent } from './carried-starts';

/** Every place of a value, as a path of keys. */
function placesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [path, ...inner.flatMap(([key, item]) => placesOf(item, [...path, key]))];
}

/** A copy with another value at a place; undefined: without it. */
function withAt(value: unknown, [key, ...rest]: readonly string[], other: unknown): unknown {
  if (key === undefined) return other;
  const copy: unknown = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) };
  const entries = copy as Record<string, unknown>;
  if (rest.length === 0 && other === undefined && Array.isArray(copy)) copy.splice(Number(key), 1);
  else if (rest.length === 0 && other === undefined) delete entries[key];
  else entries[key] = withAt(entries[key], rest, other);
  return copy;
}

const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

const garbage = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    0,
    -1,
    1.5,
    2 ** 60,
    1e308,
    -1e308,
    '',
    'x',
    '\ud800',
    true,
    false,
    [],
    {},
    [null],
    [[]],
  ),
  fc.constantFrom<unknown>(
    { toString: 1 },
    { constructor: 1, toJSON: 1, hasOwnProperty: 1 },
    JSON.parse('{"__proto__": {"a": 1}}'),
    deep(5_000),
    {
      name: 'x',
    },
  ),
  fc.string(),
  fc.jsonValue(),
);

/** Null if it is taken. */
function refusal(begin: (input: unknown) => unknown, input: unknown): DroverError | null {
  try {
    // A state that begins can be carried on: it can be written.
    JSON.stringify(begin(input));
    return null;
  } catch (error) {
    if (error instanceof DroverError) return error;
    throw error;
  }
}

describe.each(Object.entries(STARTS))('%s', (_, { input, begin }) => {
  const valid: unknown = JSON.parse(JSON.stringify(input));
  const places = placesOf(valid);

  test('begins as it is', () => {
    expect(refusal(begin, valid)).toBeNull();
  });

  test('with anything at any place begins, or is refused with the path', () => {
    fc.assert(
      fc.property(fc.constantFrom(...places), garbage, (place, other) => {
        const error = refusal(begin, withAt(valid, place, other));
        if (error === null) return;
        expect(error.code).toBe('InvalidRequest');
        expect(error.message).toMatch(/^input/u);
        expect(error.details).toHaveProperty('path');
      }),
      { numRuns: runs(600) },
    );
  });

  test('without any one of its parts, or with null there, likewise', () => {
    for (const place of places) {
      for (const other of [undefined, null]) {
        const error = refusal(begin, withAt(valid, place, other));
        if (error !== null)
          expect([place, error.code, error.message.slice(0, 5)]).toEqual([place, 'InvalidRequest', 'input']);
      }
    }
  });

  test('of any other shape is refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(garbage, fc.record({ v: fc.constant(1), state: garbage }), fc.record({ state: garbage })),
        (other) => {
          expect(refusal(begin, other)?.code).toBe('InvalidRequest');
        },
      ),
      { numRuns: runs(200) },
    );
  });
});

test('a state keeps what a later version has added to it', () => {
  const state = { ...fullAgent(), later: { any: ['thing'] }, instance: { ...fullAgent().instance, more: 1 } };
  expect(initialState(JSON.parse(JSON.stringify({ v: 1, state })))).toEqual(state);
});

test('an agent of more holds than it has room for is refused', () => {
  const hold = (index: number) => ({ name: `h${String(index)}`, reason: null, since: AT });
  const holds = (count: number) => ({
    ...agentInput(),
    holds: Array.from({ length: count }, (_, index) => hold(index)),
  });
  expect(refusal(agent, holds(36))).toBeNull();
  expect(refusal(agent, holds(37))).toMatchObject({
    code: 'InvalidRequest',
    message: 'input.holds: more than 36 items; input takes {v: 1, fleet, agent, spec?, holds?}',
  });
});

import fc from 'fast-check';
import { JSON_LEVELS, describeProblem, jsonProblem, readJson } from '../../../src/contract/values/json';
import { runs } from '../../support/runs';

const nested = (levels: number, open = '[', close = ']') => open.repeat(levels) + close.repeat(levels);
const said = (text: string): string => {
  const read = readJson(text);
  if ('problem' in read) return describeProblem(read.problem, 'task');
  return 'value' in read ? 'taken' : 'not JSON';
};

test.each([
  [
    '{"id":12345678901234567890,"f":1}',
    'task.id: 12345678901234567890 is a number that would change (to 12345678901234567000); send it as a string',
  ],
  [
    '{"a":[1,{"b c":[0,9007199254740993]}]}',
    'task.a[1].b c[1]: 9007199254740993 is a number that would change (to 9007199254740992); send it as a string',
  ],
  [
    '{"x":"12345678901234567890","f":1e400}',
    'task.f: 1e400 is a number that would change (to null); send it as a string',
  ],
  ['[-1e999]', 'task[0]: -1e999 is a number that would change (to null); send it as a string'],
  ['1e-400', 'task: 1e-400 is a number that would change (to 0); send it as a string'],
  [
    '{"\\"k\\\\":{},"n":-9007199254740993.0}',
    'task.n: -9007199254740993.0 is a number that would change (to -9007199254740992); send it as a string',
  ],
  [
    '12345678901234567890.5',
    'task: 12345678901234567890.5 is a number that would change (to 12345678901234567000); send it as a string',
  ],
  [`[${'9'.repeat(1_000_000)}]`, /^task\[0\]: 99.*bytes left out.*999 is a number that would change/u],
  [nested(JSON_LEVELS + 1), /^task(?:\[0\])+ … \d+ bytes left out … [\][0]+: nested deeper than 200 levels$/u],
  [nested(JSON_LEVELS + 1, '{"a":', '}').replace(':}', ':1}'), /nested deeper than 200 levels$/u],
  [nested(1_000_000), /nested deeper than 200 levels$/u],
  ['{"a":', 'not JSON'],
  ['', 'not JSON'],
])('%.60s … is refused with its place', (text, message) => {
  if (typeof message === 'string') expect(said(text)).toBe(message);
  else expect(said(text)).toMatch(message);
});

test.each([
  '9007199254740992',
  '-9007199254740991',
  '100000000000000000000',
  '1e22',
  '100000000000000000000000',
  '12345678901234567000',
  '1.7976931348623157e308',
  '5e-324',
  '0.10000000000000001',
  '3.14159265358979323846264338327950288',
  '0e999',
  '-0',
  '0.0',
  `0.5${'0'.repeat(1_000_000)}1`,
  '"12345678901234567890"',
  '{"12345678901234567890":"1e400"}',
  '["\\\\", "\\"", "e1e400", "\\\\\\"12345678901234567890"]',
  '{"__proto__":{"constructor":{"prototype":1}}}',
  '"\\ud83d"',
  nested(JSON_LEVELS),
])('%.60s is taken as it is', (text) => {
  expect(said(text)).toBe('taken');
});

test('every value that JavaScript writes is read again, the same', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value);
      expect(readJson(text)).toEqual({ value: JSON.parse(text) as unknown });
    }),
  );
});

test('a whole number is taken exactly when it stays the same', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 69n), max: 2n ** 69n }), (number) => {
      const stays = String(Number(number)) === String(number);
      expect(said(`{"a":"x","n":[${String(number)}]}`) === 'taken').toBe(stays);
    }),
    { numRuns: runs(1_000) },
  );
});

test('a value that JSON lacks is named with its path', () => {
  const circle: unknown[] = [];
  circle.push(circle);
  expect(jsonProblem(circle)?.message).toBe('nested deeper than 200 levels');
  expect(jsonProblem({ a: [Infinity] })?.path).toEqual(['a', 0]);
  expect(jsonProblem({ a: [1n] })?.path).toEqual(['a', 0]);
  expect(jsonProblem({ a: [1, 'x', null, undefined] })).toBeUndefined();
});

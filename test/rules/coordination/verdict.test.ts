/** The answers that count as yes: the words of docs/inbox.md, and nothing that only resembles them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NO_WORDS, readVerdict, YES_WORDS } from '../../../src/rules/coordination/fan-out/verdict';

const around = (word: string): string[] => [
  word,
  word.toUpperCase(),
  `  ${word}\n`,
  `${word}.`,
  `${word}!!`,
  `${word} !`,
  `"${word}"`,
  `'${word}.'`,
];

it.each([...YES_WORDS])('takes %j for a yes, however it is written', (word) => {
  expect(around(word).map(readVerdict)).toEqual(around(word).map(() => 'yes'));
});

it.each([...NO_WORDS])('takes %j for a no, however it is written', (word) => {
  expect(around(word).map(readVerdict)).toEqual(around(word).map(() => 'no'));
});

it.each([
  // Doubt, delay and conditions.
  "I don't think so",
  'better wait',
  'not yes',
  'say "yes"',
  '"yes" or so',
  'not yet',
  'not ok',
  'ok not',
  'yeah no',
  'yes no',
  'yes but no',
  'yes, but later',
  'yes and no',
  'no yes',
  'no, yes',
  'yes?',
  'yes ?',
  'yes?!',
  'yes!?',
  'ok...',
  'yes…',
  'ok, but later',
  'maybe',
  'maybe yes',
  'perhaps',
  'I guess',
  'why not',
  'if you must',
  'whatever',
  'later',
  'wait',
  'hold on',
  'go away',
  'go back',
  'do not proceed',
  "don't continue",
  'disapprove',
  'unapproved',
  'approve?',
  'yes, if the tests pass',
  'yes\nno',
  'yes; drop everything',
  'I said yes to Bob, not to this',
  'say yes',
  'yes yes',
  'fine',
  'right',
  'sure thing, never',
  // Negated, open or cut.
  '!yes',
  '!true',
  '-yes',
  '~yes',
  'yes,',
  ',yes',
  '.yes',
  '"yes',
  "yes'",
  '"yes\'',
  '(yes)',
  '[yes]',
  '["yes"]',
  '{"yes":true}',
  'ye',
  'yess',
  'yes1',
  'yesno',
  'yes/no',
  'y/n',
  'noyes',
  // Nothing, numbers, and names of values.
  '',
  ' ',
  '\t\n',
  '.',
  '!',
  '""',
  '0',
  '1',
  '2',
  '-1',
  '+1',
  'null',
  'undefined',
  'NaN',
  'on',
  'off',
  'None',
  'truee',
  '✓',
  '👍',
  // Letters of another alphabet, full width, and what cannot be seen.
  'y\u0435s',
  '\u043ek',
  'ｙｅｓ',
  'ＹＥＳ',
  'yes\u200b',
  '\u200byes',
  'y\u00ades',
  'yes\u0000',
  'y\u0301es',
  'да',
  'はい',
  '是',
  // Every other value.
  0,
  1,
  -1,
  null,
  undefined,
  [],
  ['yes'],
  [true],
  {},
  { yes: true },
  { answer: 'yes' },
])('takes %j for neither', (answer) => {
  expect(readVerdict(answer)).toBe('unclear');
});

it('takes the JSON values true and false for yes and no', () => {
  expect([true, false].map(readVerdict)).toEqual(['yes', 'no']);
});

it('has no word for both, and docs/inbox.md names all of them', () => {
  expect([...YES_WORDS].filter((word) => NO_WORDS.has(word))).toEqual([]);
  const page = readFileSync(join(__dirname, '../../../docs/inbox.md'), 'utf8');
  const named = (means: string) => {
    const row = page.split('\n').find((line) => line.startsWith(`| ${means} |`)) ?? '';
    return [...row.replace(/, and the JSON.*/, '').matchAll(/`([^`]+)`/g)].map(([, word]) => word);
  };
  expect(named('yes')).toEqual([...YES_WORDS]);
  expect(named('no')).toEqual([...NO_WORDS]);
});

import { meantText, nearestOf } from '../../../src/contract/values/nearest';

const KNOWN = ['command', 'cwd', 'env', 'passEnv', 'replicas', 'liveness'];

test.each([
  ['comand', 'command'],
  ['commnad', 'command'],
  ['Command', 'command'],
  ['commands', 'command'],
  ['replica', 'replicas'],
  ['livenes', 'liveness'],
  ['passenv', 'passEnv'],
  ['evn', 'env'],
  ['pwd', 'cwd'],
  ['colour', undefined],
  ['', undefined],
  ['e', undefined],
  ['x'.repeat(100_000), undefined],
])('%s means %s', (word, meant) => {
  expect(nearestOf(word, KNOWN)).toBe(meant);
});

test('the nearest wins, and nothing is said of words that resemble none', () => {
  expect(nearestOf('envi', ['envoy', 'env', 'evns'])).toBe('env');
  expect(meantText(['comand', 'colour', 'comandd'], KNOWN)).toBe('did you mean "command"? ');
  expect(meantText(['colour'], KNOWN)).toBe('');
});

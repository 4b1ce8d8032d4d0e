import { errorInWords } from '../../../src/contract/run/error-words';

test.each([
  ['ROOT failure: insufficient arrivals: 0 of 1 (A: the model said no)', 'A: the model said no'],
  ['ROOT failure: insufficient arrivals: 0 of 1 (A: two\nlines)', 'A: two\nlines'],
  ['ROOT failure: insufficient arrivals: 0 of 2 (A: a; C: c)', 'insufficient arrivals: 0 of 2 (A: a; C: c)'],
  ['ROOT failure: no answer', 'no answer'],
  ['cancelled: not needed', 'cancelled: not needed'],
  [null, 'unknown'],
])('%j is told as %j', (error, words) => {
  expect(errorInWords(error)).toBe(words);
});

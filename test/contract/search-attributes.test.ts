/** The table of search attributes keeps within its budget, so that a user's namespace keeps room for others. */
import fc from 'fast-check';
import { SEARCH_ATTRIBUTES } from '../../src/contract/names';
import { firstThatFit, SEARCH_VALUE_BYTES, searchAttributeKeys } from '../../src/contract/search-attributes';
import { utf8Bytes } from '../../src/contract/text';

/** At most so many of each type. PostgreSQL has 10 columns for Keyword and 3 for each other type. */
const BUDGET = { Keyword: 8, KeywordList: 2, Datetime: 1 };

test('there are at most 8 Keyword, 2 KeywordList and 1 Datetime', () => {
  const used = { Keyword: 0, KeywordList: 0, Datetime: 0 };
  for (const type of Object.values(SEARCH_ATTRIBUTES)) used[type] += 1;
  for (const type of ['Keyword', 'KeywordList', 'Datetime'] as const)
    expect(used[type]).toBeLessThanOrEqual(BUDGET[type]);
});

test('all names begin with Drover, and every key has the name and the type of its attribute', () => {
  const types = { KEYWORD: 'Keyword', KEYWORD_LIST: 'KeywordList', DATETIME: 'Datetime' } as const;
  const table = Object.values(searchAttributeKeys).map(({ name, type }) => [name, types[type]]);
  expect(Object.fromEntries(table)).toEqual(SEARCH_ATTRIBUTES);
  expect(Object.keys(SEARCH_ATTRIBUTES).filter((name) => !/^Drover[A-Z][A-Za-z]+$/.test(name))).toEqual([]);
});

test('a list is cut to 2,048 bytes at whole values, and nothing is cut that fits', () => {
  const names = fc.array(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/), { maxLength: 100 });
  fc.assert(
    fc.property(names, (values) => {
      const kept = firstThatFit(values);
      expect(kept).toEqual(values.slice(0, kept.length));
      expect(utf8Bytes(JSON.stringify(kept))).toBeLessThanOrEqual(SEARCH_VALUE_BYTES);
      if (kept.length < values.length)
        expect(utf8Bytes(JSON.stringify(kept))).toBeGreaterThan(SEARCH_VALUE_BYTES - 128);
    }),
  );
});

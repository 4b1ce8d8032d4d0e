/** Planted references that lead nowhere are found, and those that lead somewhere are left alone. */
import { sayOf } from './planted';

const REPOSITORY = {
  'README.md':
    '# Title\n\n## Two commands\n\nSee [the guide](docs/guide.md#first-steps), [below](#two-commands), src/a.ts.\n',
  'docs/guide.md':
    '# Guide\n\n## First steps\n\nSee [decision 1](decisions/0001-why.md) and rule 2, [rule 1](workflow-rules.md).\n\n1. One.\n2. Two.\n',
  'docs/workflow-rules.md': '# Rules of conduct\n\n## 1. Await signals\n\n## 2. Ask again\n',
  'docs/decisions/0001-why.md': '# Why\n\nSee ../guide.md and docs/guide.md.\n',
  'src/a.ts': [
    '/** The guide (guide.md, rule 1; docs/decisions, 1; decision 1). Rules 1 and 2 count, as rules of conduct, 2 do. */',
    '// docs/decisions/0001-why.md, docs/decisions/0001, src/a.ts, https://example.com/other.md, workflow-rules.md, rule 2',
    "export const file = 'nothing.md';",
  ].join('\n'),
};

test('references that lead somewhere are left alone', () => {
  const { lines, code } = sayOf('references.mjs', REPOSITORY);
  expect(lines).toEqual(['references: 5 files, 0 dangling']);
  expect(code).toBe(0);
});

const DANGLING: readonly (readonly [string, string, string])[] = [
  ['src/b.ts', '/** See other.md. */', 'the page other.md does not exist'],
  ['src/b.ts', '/**\n * See docs/other.md.\n */', 'the page docs/other.md does not exist'],
  ['src/b.ts', '// guide.md, rule 3', 'docs/guide.md has no rule 3'],
  ['src/b.ts', '// rules 2 and 4 of guide.md', 'docs/guide.md has no rule 4'],
  ['src/b.ts', '// rules of conduct, 9', 'docs/workflow-rules.md has no rule 9'],
  ['src/b.ts', '// as rule 2 says', 'rule 2 belongs to no page that is named here or above'],
  ['src/b.ts', '// decision 7', 'decision 7 does not exist'],
  ['src/b.ts', '// docs/decisions, 8', 'decision 8 does not exist'],
  ['src/b.ts', '// decisions 1 and 9', 'decision 9 does not exist'],
  ['src/b.ts', '// src/gone.ts does it', 'the file src/gone.ts does not exist'],
  ['docs/b.md', 'See [rule 8](workflow-rules.md).', 'docs/workflow-rules.md has no rule 8'],
  ['docs/b.md', '[x](gone.yaml)', 'the link to gone.yaml leads nowhere'],
  ['docs/b.md', '[x](guide.md#gone)', 'docs/guide.md has no heading for #gone'],
  ['docs/b.md', '[x](#gone)', 'docs/b.md has no heading for #gone'],
  ['docs/b.md', 'See `test/gone.test.ts`.', 'the file test/gone.test.ts does not exist'],
  ['deploy/b.yaml', '# see other.md', 'the page other.md does not exist'],
];

test('each reference that leads nowhere is named with its place', () => {
  const at = (index: number, file: string) => file.replace('/b', `/b${String(index + 10)}`);
  const planted = DANGLING.map(([file, text], index) => [at(index, file), `${text}\n`] as const);
  const { lines, code } = sayOf('references.mjs', { ...REPOSITORY, ...Object.fromEntries(planted) });
  const expected = DANGLING.map(([file, text, problem], index) => {
    const own = problem.replace('docs/b.md', at(index, file));
    return `${at(index, file)}:${text.startsWith('/**\n') ? '2' : '1'}: ${own}`;
  });
  expect(lines.slice(0, -1)).toEqual(expected.sort());
  expect(lines.at(-1)).toBe(`references: ${String(5 + DANGLING.length)} files, ${String(DANGLING.length)} dangling`);
  expect(code).toBe(1);
});

/** The word list finds each planted sentence, and leaves code and plain English alone. */
import { execFileSync } from 'node:child_process';
import { sayOf } from './planted';

const FORBIDDEN = [
  ['is no X', '"x" is no name: 1 to 63 letters.'],
  ['is no X', 'What they are no part of.'],
  ['is none', 'A default is none.'],
  ['nobody', "Nobody's turn."],
  ['somebody', 'It is left to somebody else.'],
  ['whoever', 'Whoever asks is told.'],
  ['whatever', 'Kept, whatever happens.'],
  ['anew', 'It begins anew.'],
  ['meanwhile', 'Meanwhile it waits.'],
  ['shall', 'An agent that shall run.'],
  ['there is no X', 'There is no key to sign with.'],
  ['where there is', 'The second one, where there is one.'],
  ['what there is', 'It lists what there is.'],
  ['anybody', "Anybody's guess."],
  ['hears of', 'A branch hears of the end.'],
  ['told of', 'The fleet is told of it.'],
  ['where for if', 'Null where it has none.'],
  ['any more', 'It does not run any more.'],
  ['the clock stands', 'The clock of staleness stands while it is paused.'],
  ['takes its way', 'The reply takes its way back.'],
  ['the one before', 'As the one before did.'],
  ['of before', 'A process of before.'],
  ['thereof', 'The end thereof.'],
  ['what is X does Y', 'It is paused. What is stopped keeps its place and is listed.'],
] as const;

const PLAIN = [
  'A name is not valid.',
  'It is no longer there, and it is no more than ten bytes.',
  'There is one default. The agent is told why, and that is told once.',
  'What is Drover?',
  'Run `nobody` as the user, with `askedAnew` set.',
  'Shallow clones are marshalled.',
];

const hits = (lines: readonly string[]) => lines.filter((line) => /^\S+:\d+: /.test(line));

/** The sentence at each place where it is read, and the line that it has there. */
const PLACES: readonly (readonly [string, number, (sentence: string) => string])[] = [
  ['comment.ts', 4, (it) => `const one = 1;\n/**\n * First line.\n * ${it}\n */\nexport const two = one;\n`],
  ['deploy.yaml', 1, (it) => `# ${it}\nkey: value\n`],
  ['jsx.tsx', 3, (it) => `export const shown = (\n  <p>\n    ${it}\n  </p>\n);\n`],
  ['line.ts', 1, (it) => `export const one = 1; // ${it}\n`],
  ['message.ts', 1, (it) => `export const text = (x: string) => ${JSON.stringify(it)} + x;\n`],
  ['name.test.ts', 1, (it) => `test(${JSON.stringify(it)}, () => undefined);\n`],
  ['page.md', 3, (it) => `# Title\n\n${it}\n`],
  ['template.ts', 1, (it) => `export const text = (x: string) => \`${it} \${x}\`;\n`],
];

test('each phrase is found in comments, messages, names of tests and pages', () => {
  const folder = (index: number) => String(index + 10);
  const planted = FORBIDDEN.flatMap(([, sentence], index) =>
    PLACES.map(([file, , around]) => [`${folder(index)}/${file}`, around(sentence)] as const),
  );
  const { lines, code } = sayOf('words.mjs', Object.fromEntries(planted), { args: ['--list'] });
  const expected = FORBIDDEN.flatMap(([name], index) =>
    PLACES.map(([file, line]) => `${folder(index)}/${file}:${String(line)}: "${name}"`),
  );
  expect(hits(lines).map((line) => line.split(': write ')[0])).toEqual(expected);
  expect(code).toBe(1);
});

test('a phrase is found across the lines of a comment and of a page', () => {
  const { lines } = sayOf(
    'words.mjs',
    {
      'a.ts': '// This is\n// no name.\nexport {};\n',
      'b.ts': '/**\n * This is\n * no name.\n */\nexport {};\n',
      'c.md': 'This is\nno name.\n',
    },
    { args: ['--list'] },
  );
  expect(hits(lines).map((line) => line.split(': "')[0])).toEqual(['a.ts:1', 'b.ts:2', 'c.md:1']);
});

test('plain sentences, identifiers, single words of code and blocks of code are left alone', () => {
  const page = PLAIN.join('\n\n');
  const code = 'export const nobody = { shall: "anew", askedAnew: "whatever" };';
  const { lines, code: status } = sayOf('words.mjs', {
    'page.md': `${page}\n\n\`\`\`ts\n// nobody, anew\n\`\`\`\n`,
    'code.ts': `${PLAIN.map((sentence) => `// ${sentence}`).join('\n\n')}\n${code}\n`,
  });
  expect(lines).toEqual(['words: 0 found']);
  expect(status).toBe(0);
});

test('without --list it counts for each file', () => {
  const { lines } = sayOf('words.mjs', { 'a.md': 'Nobody shall.\n', 'b.md': 'Anew.\n' });
  expect(lines).toEqual([
    '    2  a.md',
    '    1  b.md',
    '    1  "nobody"',
    '    1  "shall"',
    '    1  "anew"',
    'words: 3 found',
  ]);
});

test('commit subjects since the last tag are short, imperative and in plain words', () => {
  const subjects = [
    'Added a thing',
    'v1',
    'Add a thing',
    'Let the queue drain',
    'Feed the queue',
    'Adding a thing',
    'Fixes a thing',
    'The thing is fixed',
    'Begin anew',
    `Add ${'x'.repeat(69)}`,
  ];
  const { lines } = sayOf(
    'words.mjs',
    { 'a.md': 'Plain.\n' },
    {
      prepare: (folder) => {
        const git = (...args: string[]) =>
          execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args]);
        git('init', '-q');
        for (const subject of subjects) {
          git('commit', '-q', '--allow-empty', '--no-gpg-sign', '-m', subject);
          if (subject === 'v1') git('tag', 'v1');
        }
      },
    },
  );
  expect(lines.map((line) => line.replace(/^commit \w+ /, ''))).toEqual([
    `"Add ${'x'.repeat(69)}" has 73 characters, more than 72`,
    '"Begin anew" says "anew"',
    '"The thing is fixed" does not start with an imperative',
    '"Fixes a thing" does not start with an imperative',
    '"Adding a thing" does not start with an imperative',
    'words: 5 found',
  ]);
});

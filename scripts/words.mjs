/**
 * Counts what scripts/word-list.mjs names in comments, messages, names of tests, pages and commit
 * subjects, for each file: `node scripts/words.mjs [--list] [FOLDER]`. With --list it shows each place.
 * Ends with 1 when it finds one.
 */
import { spawnSync } from 'node:child_process';
import { lineAt, passages, proseFiles } from './prose.mjs';
import { root } from './state.mjs';
import { NOT_IMPERATIVE, SUBJECT_LENGTH, WORDS } from './word-list.mjs';

const list = process.argv.includes('--list');
const folder = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? root;

/** These have to name the words. */
const EXEMPT = ['scripts/word-list.mjs', 'test/scripts/words.test.ts'];

/** `{ line, name, write }` for each place of a file. */
function wordsOf(file) {
  const found = [];
  for (const passage of passages(folder, file)) {
    const text = passage.text.replace(/`[^`\n]*`|\]\([^)]*\)|<[^>\s]*>|https?:\S+/g, (code) => 'x'.repeat(code.length));
    for (const { name, pattern, write } of WORDS) {
      for (const match of text.matchAll(new RegExp(pattern, `g${pattern.flags}i`)))
        found.push({ line: lineAt(passage, match.index), name, write });
    }
  }
  return found.sort((one, other) => one.line - other.line);
}

function git(...args) {
  const { status, stdout } = spawnSync('git', ['-C', folder, ...args], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : '';
}

/**
 * Problems of the commit subjects since the last tag; since this list began without a tag, as
 * history stays as it is.
 */
function subjects() {
  const since =
    git('describe', '--tags', '--abbrev=0') ||
    git('log', '--diff-filter=A', '--format=%H', '--', 'scripts/word-list.mjs');
  if (since === '') return [];
  const log = git('log', '--no-merges', '--format=%h %s', `${since}..HEAD`);
  return (log === '' ? [] : log.split('\n')).flatMap((line) => {
    const [, commit, subject] = /^(\S+) (.*)$/.exec(line) ?? [];
    const problems = [];
    if (subject.length > SUBJECT_LENGTH) problems.push(`has ${subject.length} characters, more than ${SUBJECT_LENGTH}`);
    if (NOT_IMPERATIVE.test(subject)) problems.push('does not start with an imperative');
    for (const { name, pattern } of WORDS) if (new RegExp(pattern, 'i').test(subject)) problems.push(`says "${name}"`);
    return problems.map((problem) => `commit ${commit} "${subject}" ${problem}`);
  });
}

let count = 0;
const totals = new Map();
for (const file of proseFiles(folder)) {
  if (EXEMPT.includes(file)) continue;
  const found = wordsOf(file);
  if (found.length === 0) continue;
  count += found.length;
  for (const { name } of found) totals.set(name, (totals.get(name) ?? 0) + 1);
  if (list) for (const { line, name, write } of found) console.log(`${file}:${line}: "${name}": write ${write}`);
  else console.log(`${String(found.length).padStart(5)}  ${file}`);
}
for (const problem of subjects()) {
  count += 1;
  console.log(problem);
}
for (const [name, times] of [...totals].sort((one, other) => other[1] - one[1]))
  console.log(`${String(times).padStart(5)}  "${name}"`);
console.log(`words: ${count} found`);
process.exit(count === 0 ? 0 : 1);

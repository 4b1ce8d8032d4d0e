/**
 * Names every page, heading, rule, decision and file that a comment or a page refers to and that is
 * not there: `node scripts/references.mjs [FOLDER]`. Ends with 1 when it finds one.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { lineAt, passages, proseFiles } from './prose.mjs';
import { root } from './state.mjs';

const folder = process.argv[2] ?? root;
const files = proseFiles(folder);

/** The page of the "rules of conduct" that comments cite. */
const CONDUCT = 'docs/workflow-rules.md';
/** The history names what was there at its time. */
const HISTORY = 'CHANGELOG.md';

const decisions = existsSync(join(folder, 'docs/decisions'))
  ? readdirSync(join(folder, 'docs/decisions')).map((name) => Number(name.slice(0, 4)))
  : [];

const texts = new Map();
function textOf(page) {
  if (!texts.has(page)) texts.set(page, readFileSync(join(folder, page), 'utf8'));
  return texts.get(page);
}

/**
 * Where a page is that a file names: beside it, at the root, in docs/ or in docs/decisions/; null
 * when nowhere.
 */
function pageOf(file, name) {
  const places = [join(dirname(file), name), name, join('docs', name), join('docs/decisions', name)];
  return places.map((place) => normalize(place)).find((place) => existsSync(join(folder, place))) ?? null;
}

/** The anchors of a page, as GitHub makes them. */
function anchors(page) {
  const known = new Map();
  return [...textOf(page).matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, title]) => {
    const slug = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/ /g, '-');
    const count = known.get(slug) ?? 0;
    known.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

/**
 * True when a page has a rule of that number: an item of a numbered list, a heading or the first
 * cell of a row.
 */
function hasRule(page, number) {
  return new RegExp(`^(?:#+ (?:Rule )?|\\| *|)\\*{0,2}${number}(?:\\.|:| *\\|)`, 'm').test(textOf(page));
}

const numbers = (text) => (text.match(/\d+/g) ?? []).map(Number);
const NUMBERS = '\\d+(?:(?:, | and | or | to )\\d+)*';

/**
 * The references of a passage, in the order of its text: `{ at, problem }` for each that leads
 * nowhere.
 */
function dangling(file, passage, page) {
  const { text, kind } = passage;
  const found = [];
  const each = (pattern, look) => {
    for (const match of text.matchAll(pattern)) {
      const problem = look(match);
      if (problem) found.push({ at: match.index, problem });
    }
  };
  each(/(?<![\w/.:@-])(?:[\w.-]+\/)*[\w-]+\.md\b/g, ([name]) =>
    pageOf(file, name) ? null : `the page ${name} does not exist`,
  );
  if (kind === 'page') {
    each(/\]\((?!\w+:)([^)\s#]*)(?:#([^)\s]+))?\)/g, ([, target, anchor]) => {
      const to = target === '' ? file : normalize(join(dirname(file), target));
      if (!existsSync(join(folder, to))) return target.endsWith('.md') ? null : `the link to ${target} leads nowhere`;
      if (anchor === undefined || !to.endsWith('.md') || anchors(to).includes(anchor)) return null;
      return `${to} has no heading for #${anchor}`;
    });
  }
  each(new RegExp(`\\b(?:decisions? (?:record )?|docs/decisions(?:, |/))(${NUMBERS})`, 'gi'), ([, which]) => {
    const missing = numbers(which).filter((number) => !decisions.includes(number));
    return missing.length > 0 ? `decision ${missing.join(', ')} does not exist` : null;
  });
  each(new RegExp(`\\brules of conduct, (${NUMBERS})`, 'gi'), ([, which]) => ruleProblem(CONDUCT, which));
  each(
    new RegExp(`\\brules? (${NUMBERS})(?:(?: (?:of|in) |\\]\\()(?:docs/)?([\\w-]+\\.md))?`, 'gi'),
    ({ 1: which, 2: of, index }) => {
      const named = of ?? namedBefore(text.slice(0, index), kind) ?? page;
      if (!named) return `rule ${which} belongs to no page that is named here or above`;
      const at = pageOf(file, named);
      return at ? ruleProblem(at, which) : null;
    },
  );
  each(
    /(?<![\w/.@-])(?:src|test|scripts|bench|examples|deploy|docs|bin)\/[\w./-]*\w\.(?:ts|mjs|cjs|js|json|ya?ml)\b/g,
    ([path]) => (existsSync(join(folder, path)) ? null : `the file ${path} does not exist`),
  );
  return found;
}

/**
 * The page that a rule is one of: in a comment the last that is named, in a page only one that
 * stands right before it.
 */
function namedBefore(text, kind) {
  const pattern = kind === 'page' ? /([\w/-]+\.md)[^.;()\n]{0,10}$/ : /[\s\S]*?([\w/-]+\.md)(?![\s\S]*\.md)/;
  return pattern.exec(text)?.[1];
}

function ruleProblem(page, which) {
  if (!existsSync(join(folder, page))) return `rule ${which} of ${page}: the page does not exist`;
  const missing = numbers(which).filter((number) => !hasRule(page, number));
  return missing.length > 0 ? `${page} has no rule ${missing.join(', ')}` : null;
}

let count = 0;
for (const file of files) {
  if (file === HISTORY) continue;
  // The page that was named last: a rule that is cited by its number alone is one of its rules. A
  // page cites its own.
  let page = file.endsWith('.md') ? file : null;
  for (const passage of passages(folder, file)) {
    if (passage.kind === 'message') continue;
    for (const { at, problem } of dangling(file, passage, page)) {
      count += 1;
      console.log(`${file}:${lineAt(passage, at)}: ${problem}`);
    }
    const named = [...passage.text.matchAll(/[\w/-]+\.md\b/g)].at(-1)?.[0];
    if (named && passage.kind === 'comment') page = named;
  }
}
console.log(`references: ${files.length} files, ${count} dangling`);
process.exit(count === 0 ? 0 : 1);

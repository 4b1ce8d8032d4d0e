/** The sentences of the repository: comments, messages and test names of code, and pages. */
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';

const require = createRequire(import.meta.url);

const SKIPPED = /^(?:node_modules|dist|coverage|\.git|\.cache|\.drover|histories|must-fail)$/;
const CODE = /\.(?:tsx?|mjs|cjs|js)$/;
const HASH_COMMENTS = /(?:\.(?:ya?ml|toml|sh|py)|(?:^|\/)(?:Dockerfile|run))$/;

/** Paths below a folder, with `/`, of everything that may hold prose. */
export function proseFiles(folder) {
  const files = [];
  const walk = (directory) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory() && !SKIPPED.test(entry.name)) walk(path);
      else if (entry.isFile()) files.push(relative(folder, path));
    }
  };
  walk(folder);
  return files.filter((file) => CODE.test(file) || HASH_COMMENTS.test(file) || file.endsWith('.md')).sort();
}

/**
 * The passages of a file, each `{ kind, line, text }`: kind is `comment`, `message` (a string of
 * several words) or `page`. The text keeps its line breaks, so that a position in it tells the
 * line.
 */
export function passages(folder, file) {
  const source = readFileSync(join(folder, file), 'utf8');
  if (file.endsWith('.md')) return [{ kind: 'page', line: 1, text: withoutFences(source) }];
  if (CODE.test(file)) return ofCode(file, source);
  return [{ kind: 'comment', line: 1, text: source.replace(/^(?!\s*#).*$/gm, '').replace(/^(\s*)#+/gm, '$1') }];
}

/** The line of a position in a passage. */
export function lineAt({ line, text }, position) {
  return line + text.slice(0, position).split('\n').length - 1;
}

/** Blocks of code are emptied; their lines stay, so that the numbers of the others do. */
function withoutFences(markdown) {
  return markdown.replace(/^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^\1\2 *$/gm, (block) => block.replace(/[^\n]/g, ''));
}

function ofCode(file, source) {
  const ts = require('typescript');
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, false);
  const found = [];
  const add = (kind, start, text) => {
    found.push({ kind, line: tree.getLineAndCharacterOfPosition(start).line + 1, text });
  };
  const seen = new Set();
  const comments = (ranges) => {
    for (const { pos, end } of ranges ?? []) {
      if (seen.has(pos)) continue;
      seen.add(pos);
      add('comment', pos, plain(source.slice(pos, end)));
    }
  };
  const { FirstJSDocNode, LastJSDocNode } = ts.SyntaxKind;
  const isDocumentation = ({ kind }) => kind >= FirstJSDocNode && kind <= LastJSDocNode;
  const visit = (node) => {
    const children = node.getChildren(tree);
    if (children.length === 0) {
      comments(ts.getLeadingCommentRanges(source, node.getFullStart()));
      comments(ts.getTrailingCommentRanges(source, node.getEnd()));
    }
    if (isText(ts, node) && /\S\s+\S/.test(node.text)) add('message', startOf(ts, tree, node), node.text);
    for (const child of children) if (!isDocumentation(child)) visit(child);
  };
  visit(tree);
  return joined(found);
}

/** Text of JSX begins with its line breaks, which `getStart` leaves out. */
function startOf(ts, tree, node) {
  return ts.isJsxText(node) ? node.getFullStart() : node.getStart(tree);
}

function isText(ts, node) {
  return (
    ts.isStringLiteral(node) ||
    ts.isNoSubstitutionTemplateLiteral(node) ||
    ts.isTemplateHead(node) ||
    ts.isTemplateMiddleOrTemplateTail(node) ||
    ts.isJsxText(node)
  );
}

/** A comment without its stars and slashes. */
function plain(comment) {
  return comment.replace(/^\/\*+|\*+\/$/g, '').replace(/^[ \t]*(?:\/\/+|\*+(?!\/))/gm, '');
}

/**
 * Comments of one line that follow each other are one passage: a sentence goes on in the next line.
 */
function joined(found) {
  const result = [];
  for (const passage of found.sort((one, other) => one.line - other.line)) {
    const last = result.at(-1);
    const follows =
      last?.kind === 'comment' && passage.kind === 'comment' && passage.line === lineAt(last, last.text.length) + 1;
    if (follows) last.text += `\n${passage.text}`;
    else result.push({ ...passage });
  }
  return result;
}

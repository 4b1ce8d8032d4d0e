/** Reads YAML so that every value arrives as it is written; see contract/values/json.ts. */
import { type Document, type LineCounter, isScalar, parseDocument, visit } from 'yaml';
import { JSON_LEVELS } from '../../contract/values/json';
import { boundedText } from '../../contract/text';
import type { YamlProblem } from './yaml-problem';
import { mergeProblems } from './yaml-merges';

/** The largest file. A fleet file has a page or two, so more than this is a mistake. */
export const YAML_BYTES = 4 * 1024 * 1024;

/** A document, with its problems as YAML and as JSON. */
export interface ReadYaml {
  readonly document: Document;
  readonly problems: readonly YamlProblem[];
}

const TOO_DEEP = `nested deeper than ${String(JSON_LEVELS)} levels`;

function isOverflow(message: string): boolean {
  return message.startsWith('Maximum call stack size exceeded');
}

function inWords(code: string, message: string): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; a file holds one fleet or one scenario';
  return isOverflow(message) ? TOO_DEEP : message;
}

/** Reads a text; never throws. */
export function readYaml(text: string, lineCounter: LineCounter): ReadYaml {
  if (isHopeless(text)) return { document: parseDocument(''), problems: [{ offset: 0, detail: TOO_DEEP }] };
  try {
    // Whole numbers as they are written: as JavaScript numbers, large ones would change.
    const document = parseDocument(text, { lineCounter, prettyErrors: false, intAsBigInt: true, merge: true });
    const errors = document.errors.map(({ code, pos, message }) => ({
      offset: pos[0],
      detail: inWords(code, message),
    }));
    return { document, problems: [...errors, ...keepNumbers(document), ...mergeProblems(document)] };
  } catch (error) {
    // The library follows nested lists by recursion, until the stack is full.
    if (!(error instanceof RangeError)) throw error;
    return { document: parseDocument(''), problems: [{ offset: 0, detail: TOO_DEEP }] };
  }
}

/**
 * With more open brackets the parser is not called: at some thousand levels it ends the whole
 * process, and no `catch` helps.
 */
const MOST_OPEN = 1_000;
/** Nested lists on one line. */
const DASHES = /(?:[-?:][ \t]+){1000}/;

/**
 * Counts brackets inside strings too, so it also refuses a text with a thousand open brackets in
 * strings.
 */
function isHopeless(text: string): boolean {
  let open = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '[' || char === '{') open += 1;
    else if (char === ']' || char === '}') open = Math.max(0, open - 1);
    if (open > MOST_OPEN) return true;
  }
  return DASHES.test(text);
}

/** Turns whole numbers into numbers, and reports those that would change. */
function keepNumbers(document: Document): YamlProblem[] {
  const problems: YamlProblem[] = [];
  visit(document, {
    Scalar(_key, node) {
      const { value, source = '' } = node;
      if (typeof value !== 'bigint') return;
      node.value = Number(value);
      if (String(Number(value)) === String(value)) return;
      const detail = `${boundedText(source, 40)} is a number that would change (to ${String(node.value)}); write it as a string`;
      problems.push({ offset: isScalar(node) ? (node.range?.[0] ?? 0) : 0, detail });
    },
  });
  return problems;
}

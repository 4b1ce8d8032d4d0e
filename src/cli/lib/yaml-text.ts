/** The text of a YAML file, read so that what is in it is what arrives: see contract/json.ts. */
import { type Document, type LineCounter, isScalar, parseDocument, visit } from 'yaml';
import { JSON_LEVELS } from '../../contract/json';
import { boundedText } from '../../contract/text';
import { mergeProblems } from './yaml-merges';

/** A file is a page or two; more than this is a mistake. */
export const YAML_BYTES = 4 * 1024 * 1024;

/** One problem; `offset` counts characters from the beginning. */
export interface YamlProblem {
  readonly offset: number;
  readonly detail: string;
}

/** A document, with what is wrong with it as YAML or as JSON. */
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
    // Whole numbers as they are written: as numbers of JavaScript, large ones would be others.
    const document = parseDocument(text, { lineCounter, prettyErrors: false, intAsBigInt: true, merge: true });
    const errors = document.errors.map(({ code, pos, message }) => ({
      offset: pos[0],
      detail: inWords(code, message),
    }));
    return { document, problems: [...errors, ...keepNumbers(document), ...mergeProblems(document)] };
  } catch (error) {
    // What comes after the parser follows lists in lists by calling itself, until the stack is full; so does the parser, which tells of it.
    if (!(error instanceof RangeError)) throw error;
    return { document: parseDocument(''), problems: [{ offset: 0, detail: TOO_DEEP }] };
  }
}

/** Open brackets at which the parser is not asked: objects of some thousand levels end the whole process in it, beyond any `catch`. */
const MOST_OPEN = 1_000;
/** Lists in lists, on one line. */
const DASHES = /(?:[-?:][ \t]+){1000}/;

/** Counts brackets without regard to quotation marks: a text with a thousand of them left open in strings is refused too. */
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

/** Makes numbers of whole numbers, and tells of those that would change. */
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

/**
 * Reads a fleet file, YAML or JSON, and reports all of its problems at once with line and column.
 */
import { dirname, resolve } from 'node:path';
import { type Document, isMap, isNode, isScalar, LineCounter, visit } from 'yaml';
import { checkFleetFile, type Problem } from '../../client/fleets/fleet-validation';
import { inFolder } from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import type { FleetFile } from '../../contract/fleet';
import { messageOf } from '../../contract/text';
import { readText, standardInput } from './text-file';
import { pairOf } from './yaml-merges';
import { readYaml } from './yaml-text';
import { type YamlProblem } from './yaml-problem';

/**
 * One problem at its place. `line` and `column` count from 1; `pointer` is a JSON Pointer (RFC
 * 6901).
 */
export interface LocatedProblem {
  readonly line: number;
  readonly column: number;
  readonly pointer: string;
  readonly detail: string;
}

/** A fleet file that was read; `warnings` are lines such as `fleet.yaml:12:7: …`. */
export interface LoadedFleet {
  readonly file: FleetFile;
  readonly warnings: readonly string[];
}

/**
 * Reads and checks a file. `cwd` of process agents and of adapters becomes absolute; it is relative to the file's
 * folder, which is also its default. `-` is standard input, in this folder.
 */
export async function loadFleetFile(path: string): Promise<LoadedFleet> {
  if (path === '-') {
    const { file, warnings } = parseFleetFile(await standardInput('InvalidFleet'), 'standard input');
    return { file: withAbsoluteFolders(file, resolve('.')), warnings };
  }
  const { file, warnings } = parseFleetFile(await readText(path, 'InvalidFleet'), path);
  return { file: withAbsoluteFolders(file, resolve(dirname(path))), warnings };
}

/**
 * Checks the text of a fleet file; messages name it by `path`. Throws `InvalidFleet` with
 * `details.errors`.
 */
export function parseFleetFile(text: string, path: string): LoadedFleet {
  const lines = new LineCounter();
  const { document, problems } = readYaml(text, lines);
  const place = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const broken = [...problems, ...danglingAliases(document)].map(({ offset, detail }) => ({
    ...place(offset),
    pointer: '',
    detail,
  }));
  if (broken.length > 0) throw invalidFleet(path, broken);
  const locate = (problem: Problem): LocatedProblem => ({
    ...place(offsetOf(document, problem)),
    pointer: problem.path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    detail: problem.message,
  });
  if (isEmpty(document.contents)) throw invalidFleet(path, [{ line: 1, column: 1, pointer: '', detail: EMPTY }]);
  const checked = checkFleetFile(jsonOf(document, path));
  if (!checked.ok) throw invalidFleet(path, checked.problems.map(locate));
  return { file: checked.value, warnings: checked.warnings.map((warning) => line(path, locate(warning))) };
}

const EMPTY = 'the file is empty; drover init writes a first one';

/** Aliases without an anchor, which the parser does not report. */
function danglingAliases(document: Document): YamlProblem[] {
  const errors: YamlProblem[] = [];
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document)) return;
      errors.push({
        offset: startOf(alias),
        detail: `alias *${alias.source}, but the file has no anchor &${alias.source}`,
      });
    },
  });
  return errors;
}

function jsonOf(document: Document, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const detail = messageOf(error);
    throw invalidFleet(path, [{ line: 1, column: 1, pointer: '', detail }]);
  }
}

function invalidFleet(path: string, problems: readonly LocatedProblem[]): DroverError {
  const errors = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  const message = errors.map((error) => line(path, error)).join('\n');
  return new DroverError('InvalidFleet', message, { errors });
}

function line(path: string, problem: LocatedProblem): string {
  return `${path}:${String(problem.line)}:${String(problem.column)}: ${shownPath(problem)}${problem.detail}`;
}

function shownPath({ pointer }: LocatedProblem): string {
  return pointer === '' ? '' : `${pointer.slice(1).replaceAll('/', '.')}: `;
}

/**
 * The offset of the value; of the key if the key is wrong or has no value; of the parent if the
 * value is missing.
 */
function offsetOf(document: Document, { path, atKey }: Problem): number {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const [depth, step] of path.entries()) {
    const pair = isMap(node) ? pairOf(document, node, step) : undefined;
    node = pair ? pair.value : document.getIn(path.slice(0, depth + 1), true);
    const asKey = pair !== undefined && ((atKey === true && depth === path.length - 1) || isEmpty(node));
    if (asKey) offset = startOf(pair.key);
    else if (isNode(node)) offset = startOf(node);
    else return offset;
  }
  return offset;
}

/** True for the empty value of `name:`. */
function isEmpty(node: unknown): boolean {
  return !isNode(node) || (isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1]);
}

function startOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

function withAbsoluteFolders(file: FleetFile, folder: string): FleetFile {
  const absolute = (cwd: string | undefined): string => resolve(folder, cwd ?? '.');
  const agents = file.spec.agents.map((agent) => {
    const { adapter, process } = agent;
    if (adapter) return { ...agent, adapter: inFolder(adapter, absolute) };
    return process ? { ...agent, process: { ...process, cwd: absolute(process.cwd) } } : agent;
  });
  return { ...file, spec: { ...file.spec, agents } };
}

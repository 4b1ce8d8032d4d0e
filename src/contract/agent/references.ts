/**
 * References of a specification: values that a host replaces when it starts the agent. A variable
 * holds a reference (`env:NAME`, `file:path`), the text after `literal:`, or any other text as it is.
 */
import { A2A_SECRET } from './adapter';
import type { AgentSpec } from './spec';
import { SECRET_PATTERN } from '../values/patterns';

/** A reference and its place in the specification, such as `process.env.API_KEY`. */
export interface SpecReference {
  readonly path: string;
  readonly reference: string;
}

/** Marks a text that stands for itself, although it looks like a reference. */
const LITERAL = 'literal:';

/** Starts like a reference: `env:`, `file:`, in any case and after spaces. */
const STARTS_LIKE_ONE = /^\s*(?:env|file)\s*:/i;
/** A URL of a file, which as a reference would be read, and a shell's `$NAME` or `${NAME}`. */
const FILE_URL = /^file:\/\//;
const SHELL = /^\$(?:\{[A-Za-z_][A-Za-z0-9_]*\}|[A-Z_][A-Z0-9_]*)$/;

/** Whether the value of a variable is replaced by what it refers to. */
export function isReference(value: string): boolean {
  return SECRET_PATTERN.test(value) && !FILE_URL.test(value);
}

/** The text that a variable without a reference stands for: without the mark `literal:`. */
export function literalText(value: string): string {
  return value.startsWith(LITERAL) ? value.slice(LITERAL.length) : value;
}

/** Why a value of a variable is refused: it looks like a reference and is not one. Null: it is not refused. */
export function misleadingVariable(value: string): string | null {
  if (isReference(value)) return null;
  if (!STARTS_LIKE_ONE.test(value) && !SHELL.test(value)) return null;
  return 'looks like a reference and is not one: write env:NAME or file:path for a reference, or literal:TEXT for the text itself';
}

/** The variables of an agent's program as its file has them, and the token of its adapter; empty for a service. */
export function variablesOf(spec: AgentSpec): Readonly<Record<string, string>> {
  const secret = spec.adapter?.a2a?.secret;
  const own = spec.process?.env ?? spec.docker?.env ?? {};
  return secret === undefined ? own : { ...own, [A2A_SECRET]: secret };
}

/** Where the file names a variable. */
function pathOf(spec: AgentSpec, name: string): string {
  if (name === A2A_SECRET && spec.adapter?.a2a?.secret !== undefined) return 'adapter.a2a.secret';
  return `${spec.docker === undefined ? 'process' : 'docker'}.env.${name}`;
}

/** The names of the worker's variables that an agent receives as well. */
export function passedVariables(spec: AgentSpec): readonly string[] {
  return spec.process?.passEnv ?? spec.docker?.passEnv ?? [];
}

/**
 * Every reference of an agent's specification: its variables, the secret of its service, and those of its webhooks.
 */
export function references(spec: AgentSpec): SpecReference[] {
  const { external, notify = [] } = spec;
  const variables = Object.entries(variablesOf(spec)).map(([name, value]) => [pathOf(spec, name), value] as const);
  const secrets = [
    ['external.secret', external?.secret] as const,
    ...notify.map(({ secret }, index) => [`notify.${String(index)}.secret`, secret] as const),
  ];
  return [...variables.filter(([, value]) => isReference(value)), ...secrets].flatMap(([path, reference]) =>
    reference === undefined ? [] : [{ path, reference }],
  );
}

/** The references of the variables of an agent's program. Its output may show their secrets. */
export function variableReferences(spec: AgentSpec): string[] {
  return Object.values(variablesOf(spec)).filter(isReference);
}

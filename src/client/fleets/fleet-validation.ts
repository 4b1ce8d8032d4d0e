/**
 * Checks a fleet file before anything is created, and reports every problem at once with its path.
 */
import type { z } from 'zod';
import type { FleetFile, FleetSpec } from '../../contract/fleet';
import { jsonProblem } from '../../contract/values/json';
import { ownIssues } from '../../contract/schemas/fields';
import { fleetFileSchema, fleetSpecSchema } from '../../contract/schemas/fleet-file';
import { readBy } from '../../contract/schemas/reading';
import { adapterWarnings } from '../../rules/fleet/spec/adapters';
import { crossProblems } from '../../rules/fleet/spec/check';
import { type Problem } from '../../rules/lib/problem';
import { topologyWarnings } from '../../rules/fleet/spec/topology';
import { isRecord } from '../../rules/lib/parse';

export type { Problem } from '../../rules/lib/problem';

/** A checked value, or all of its problems in the order of the file. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Checks a whole fleet file, given as plain JSON. */
export function checkFleetFile(json: unknown): Checked<FleetFile> {
  const unwritable = jsonProblem(json);
  if (unwritable) return { ok: false, problems: [unwritable] };
  const spec = isRecord(json) ? json['spec'] : undefined;
  return check(fleetFileSchema, json, below('spec', crossProblems(spec)), below('spec', warningsOf(spec)));
}

/** Checks a fleet's `spec` alone, as HTTP and services send it. */
export function checkFleetSpec(json: unknown): Checked<FleetSpec> {
  const unwritable = jsonProblem(json);
  if (unwritable) return { ok: false, problems: [unwritable] };
  return check(fleetSpecSchema, json, crossProblems(json), warningsOf(json));
}

function warningsOf(spec: unknown): Problem[] {
  return [...topologyWarnings(spec), ...adapterWarnings(spec)];
}

function check<T>(
  schema: z.ZodType,
  json: unknown,
  cross: readonly Problem[],
  warnings: readonly Problem[],
): Checked<T> {
  const parsed = readBy(schema, json);
  const fields = parsed.success ? [] : parsed.error.issues.flatMap(ownIssues).flatMap(problemsOf);
  const problems = mostImportant([...fields, ...cross]);
  // The schema agrees with the contract's type; fleet-file.ts proves it at compile time.
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: parsed.data as T, warnings };
}

/** The most problems in one report: more than a page of them is one mistake, repeated. */
const MOST_PROBLEMS = 100;

function mostImportant(problems: readonly Problem[]): readonly Problem[] {
  const more = problems.length - MOST_PROBLEMS;
  if (more <= 0) return problems;
  return [...problems.slice(0, MOST_PROBLEMS), { path: [], message: `and ${String(more)} more problems` }];
}

function below(key: string, problems: readonly Problem[]): Problem[] {
  return problems.map((problem) => ({ ...problem, path: [key, ...problem.path] }));
}

/** One problem per issue of zod, and one per unknown key. */
function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: issue.message, atKey: true }));
  }
  if (issue.code === 'invalid_key') return [{ path, message: issue.issues[0]?.message ?? issue.message, atKey: true }];
  return [{ path, message: issue.message.replace(/^Invalid input: /, '') }];
}

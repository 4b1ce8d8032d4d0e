/** Reads scenario files and scripts, YAML or JSON. */
import { type Document, LineCounter } from 'yaml';
import type { z } from 'zod';
import { DroverError } from '../../contract/errors';
import type { Scenario, Script } from '../../contract/run/script';
import { ownIssues } from '../../contract/schemas/fields';
import { readBy } from '../../contract/schemas/reading';
import { scenarioSchema, scriptSchema } from '../../contract/schemas/scenario';
import { messageOf } from '../../contract/text';
import { describeProblem, jsonProblem } from '../../contract/values/json';
import { readYaml, YAML_BYTES } from './yaml-text';

/** Reads a scenario; throws `InvalidScenario` with all of its problems. */
export function loadScenario(text: string, path: string): Scenario {
  return checked<Scenario>(scenarioSchema, read(text, path), path);
}

/** Reads the script of a scenario file, or of a file that is only a script. */
export function loadScript(text: string, path: string): Script {
  const value = read(text, path);
  const isScenario = typeof value === 'object' && value !== null && 'script' in value && 'topology' in value;
  return isScenario
    ? checked<Scenario>(scenarioSchema, value, path).script
    : checked<Script>(scriptSchema, value, path);
}

function read(text: string, path: string): unknown {
  if (Buffer.byteLength(text) > YAML_BYTES) throw invalid(path, [{ pointer: '', detail: 'is larger than 4 MiB' }]);
  const lines = new LineCounter();
  const { document, problems } = readYaml(text, lines);
  if (problems.length > 0) {
    throw invalid(
      path,
      problems.map(({ offset, detail }) => ({
        pointer: '',
        detail: `line ${String(lines.linePos(offset).line)}: ${detail}`,
      })),
    );
  }
  const value = plain(document, path);
  const problem = jsonProblem(value);
  if (problem) throw invalid(path, [{ pointer: '', detail: describeProblem(problem, 'the file') }]);
  return value;
}

/** Throws for aliases that never end and for aliases without an anchor. */
function plain(document: Document, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw invalid(path, [{ pointer: '', detail: messageOf(error) }]);
  }
}

function checked<T>(schema: z.ZodType, value: unknown, path: string): T {
  const parsed = readBy(schema, value);
  // The schemas agree with the contract's types; the tests of the sandbox's parsers prove it.
  if (parsed.success) return parsed.data as T;
  throw invalid(
    path,
    parsed.error.issues.flatMap(ownIssues).map((issue) => ({
      pointer: issue.path.map((step) => `/${String(step)}`).join(''),
      detail: issue.message,
    })),
  );
}

function invalid(path: string, errors: readonly { readonly pointer: string; readonly detail: string }[]): DroverError {
  const lines = errors.map(
    ({ pointer, detail }) => `${path}: ${pointer === '' ? '' : `${pointer.slice(1).replaceAll('/', '.')}: `}${detail}`,
  );
  return new DroverError('InvalidScenario', lines.join('\n'), { errors });
}

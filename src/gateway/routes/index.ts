/** The methods of each path, from the table of calls. */
import { DroverError } from '../../contract/errors';
import { type Call, CALLS } from '../../contract/schemas/http';

const CALL_LIST: readonly Call[] = Object.values<Call>(CALLS);

/** Every path of the table as a pattern, with its methods. */
const PATHS = [...new Set(CALL_LIST.map(({ path }) => path))].map((path) => ({
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
  methods: methodsOf(path),
}));

/** The methods of a path. A GET also allows HEAD, unless its answer is a stream. */
function methodsOf(path: string): readonly string[] {
  const calls = CALL_LIST.filter((call) => call.path === path);
  return calls.flatMap(({ method, stream, alsoStream, noHead }) =>
    method === 'GET' && !stream && !alsoStream && !noHead ? [method, 'HEAD'] : [method],
  );
}

/** The most characters of a parameter in a path: a turn's id, each of them escaped. */
export const LONGEST_PARAMETER = 3_000;
/** The most characters of a name in a path (docs/http.md, "Errors"). */
const LONGEST_NAME = 100;

/** A name in the path that is too long: 414, as a URL that is too long. */
class LongName extends Error {
  readonly statusCode = 414;
}

/** The error for a name in a path that is too long; undefined if none is. */
export function checkNames(params: unknown): Error | undefined {
  const names = Object.entries(params ?? {}).filter(([parameter]) => parameter !== 'turnId');
  const long = names.find(([, name]) => String(name).length > LONGEST_NAME);
  return long && new LongName(`${long[0]}: a name in the path has at most ${String(LONGEST_NAME)} characters`);
}

/** The error for an unknown path, or for a method that the path does not take (`details.allow`). */
export function noRoute(method: string, url: string): DroverError {
  const [path = ''] = url.split('?');
  const allow = PATHS.find(({ pattern }) => pattern.test(path))?.methods;
  if (allow === undefined) return new DroverError('NotFound', `no route for ${method} ${path}; see /openapi.json`);
  return new DroverError('MethodNotAllowed', `${path} does not take ${method}; it takes ${allow.join(', ')}`, {
    allow,
  });
}

/** JSON bodies: a value arrives unchanged, or the body is refused with the place of the problem. */
import type { FastifyInstance } from 'fastify';
import { DroverError } from '../contract/errors';
import { describeProblem, readJson } from '../contract/values/json';
import { messageOf } from '../contract/text';
import { utf8Text } from '../lib/utf8';
import { MalformedBody } from './problem';
import { pointerOf } from './requests';

/**
 * Installs the parser. An empty body counts as no body: generated clients send the content type
 * with every request.
 */
export function takeJsonBodies(app: FastifyInstance): void {
  // Also removes plain text, which only bulk beats accept.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    const { value, error = null } = attempt(Buffer.from(body));
    done(error, value);
  });
}

function attempt(body: Buffer): { readonly value?: unknown; readonly error?: Error } {
  try {
    return { value: bodyOf(body) };
  } catch (error) {
    return { error: error instanceof Error ? error : new DroverError('Internal', messageOf(error)) };
  }
}

/**
 * The value of a body. Throws `MalformedBody` for invalid JSON, and `InvalidRequest` for JSON that
 * would change.
 */
function bodyOf(bytes: Uint8Array): unknown {
  const text = utf8Text(bytes);
  if (text === undefined) throw new MalformedBody('the body is not UTF-8');
  if (text === '') return undefined;
  return valueOf(text, 'the body');
}

/** The value of a JSON text; `what` names it in messages. */
function valueOf(text: string, what: string): unknown {
  const read = readJson(text);
  if ('value' in read) return read.value;
  if ('syntax' in read) throw new MalformedBody(`${what} is not JSON: ${read.syntax}`);
  const { path, message } = read.problem;
  const errors = [{ pointer: pointerOf(path), detail: message }];
  throw new DroverError('InvalidRequest', describeProblem(read.problem, what), { errors });
}

/** Bodies of JSON: what arrives is what was sent, or is refused with its place. */
import type { FastifyInstance } from 'fastify';
import { DroverError } from '../contract/errors';
import { describeProblem, readJson } from '../contract/json';
import { messageOf } from '../contract/text';
import { MalformedBody } from './problem';
import { pointerOf } from './requests';

/** Refuses what is no UTF-8, in place of reading other characters than were sent; takes off a byte order mark. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Reads bodies by these rules. An empty one is the same as none: generated clients send the type with every request. */
export function takeJsonBodies(app: FastifyInstance): void {
  // Plain text too, which no call but the bulk of beats takes.
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

/** The value in a body. Throws `MalformedBody` for what is no JSON, and `InvalidRequest` for JSON that cannot be taken. */
function bodyOf(bytes: Uint8Array): unknown {
  const text = decoded(bytes);
  if (text === '') return undefined;
  return valueOf(text, 'the body');
}

/** The value of a text of JSON; `what` names it in messages. */
function valueOf(text: string, what: string): unknown {
  const read = readJson(text);
  if ('value' in read) return read.value;
  if ('syntax' in read) throw new MalformedBody(`${what} is not JSON: ${read.syntax}`);
  const { path, message } = read.problem;
  const errors = [{ pointer: pointerOf(path), detail: message }];
  throw new DroverError('InvalidRequest', describeProblem(read.problem, what), { errors });
}

function decoded(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new MalformedBody('the body is not UTF-8');
  }
}

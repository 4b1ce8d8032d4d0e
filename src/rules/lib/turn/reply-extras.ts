/**
 * The extras of a reply, beside its action: usage, metadata, session, and keys that Drover does not
 * know. None of these makes a reply invalid, because asking the agent again costs another model
 * call.
 */
import { sessionProblem } from '../../../contract/agent/session';
import { DroverError } from '../../../contract/errors';
import { boundedText } from '../../../contract/text';
import { METADATA_BYTES, type TurnUsage } from '../../../contract/usage';
import { jsonBytes } from '../json-bytes';
import { isRecord } from '../parse';
import { turnUsage, USAGE_FIELDS } from './usage';

/** The parts of a reply. */
export interface ReplyParts {
  /** The reply with the keys of its action alone. */
  readonly bare: unknown;
  /** Null: it reports none, or not in the form of docs/agents.md. */
  readonly usage: TurnUsage | null;
  /** The ignored parts, and why; in the order of the reply. */
  readonly warnings: readonly string[];
}

const OWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  invoke: ['action', 'invocations', 'undo'],
  final: ['action', 'response', 'undo'],
  ask: ['action', 'question', 'timeout', 'default', 'undo'],
  fail: ['action', 'error', 'undo'],
};
const INVOCATION_KEYS: readonly string[] = ['agent', 'request'];
const EXTRA_KEYS: readonly string[] = ['usage', 'metadata', 'session'];

/** More of them add nothing for a reader. */
const MOST_WARNINGS = 5;
const KEY_BYTES = 100;

/** Separates a reply from its extras. A reply without a known action stays whole. */
export function replyParts(reply: unknown): ReplyParts {
  const action = isRecord(reply) ? reply['action'] : undefined;
  const own = typeof action === 'string' && Object.hasOwn(OWN_KEYS, action) ? OWN_KEYS[action] : undefined;
  if (!isRecord(reply) || own === undefined) return { bare: reply, usage: null, warnings: [] };
  const warnings = unknownKeys(reply, [...own, ...EXTRA_KEYS], 'reply');
  const bare = withKeys(reply, own);
  const { invocations } = reply;
  if (Array.isArray(invocations) && own.includes('invocations')) {
    const items: readonly unknown[] = invocations;
    bare['invocations'] = items.map((item) => (isRecord(item) ? withKeys(item, INVOCATION_KEYS) : item));
    items.forEach((item, index) => {
      warnings.push(...unknownKeys(item, INVOCATION_KEYS, `reply.invocations[${String(index)}]`));
    });
  }
  const { usage, problems } = readUsage(reply['usage']);
  warnings.push(...problems, ...metadataProblems(reply['metadata']), ...sessionProblems(reply['session']));
  return { bare, usage, warnings: warnings.slice(0, MOST_WARNINGS) };
}

function withKeys(value: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => keys.includes(key)));
}

function unknownKeys(value: unknown, known: readonly string[], path: string): string[] {
  if (!isRecord(value)) return [];
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  return unknown.map((key) => `${path}.${boundedText(key, KEY_BYTES)}: unknown key; known are ${known.join(', ')}`);
}

/** An unknown key leaves the rest of the usage; a wrong value leaves nothing of it. */
function readUsage(given: unknown): { readonly usage: TurnUsage | null; readonly problems: string[] } {
  if (given === undefined) return { usage: null, problems: [] };
  const problems = unknownKeys(given, USAGE_FIELDS, 'reply.usage');
  try {
    return { usage: turnUsage(isRecord(given) ? withKeys(given, USAGE_FIELDS) : given, 'reply.usage'), problems };
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return { usage: null, problems: [...problems, error.message] };
  }
}

function sessionProblems(session: unknown): string[] {
  const problem = session === undefined || session === null ? null : sessionProblem(session);
  return problem === null ? [] : [`reply.session: ${problem}`];
}

function metadataProblems(metadata: unknown): string[] {
  if (metadata === undefined) return [];
  const bytes = jsonBytes(metadata);
  if (bytes <= METADATA_BYTES) return [];
  return [`reply.metadata: ${String(bytes)} bytes, at most ${String(METADATA_BYTES)} are allowed`];
}

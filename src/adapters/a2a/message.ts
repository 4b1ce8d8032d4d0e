/** The message to an A2A agent for a turn. */
import type { TurnInput, TurnRequest } from '../../contract/agent/turns';
import { mayAsk, promptOf, targetsOf } from '../prompt';
import { type Message, type Part, ROLE_USER } from './sdk';

/** The task and the context that a message continues; empty texts: none. */
export interface Place {
  readonly contextId: string;
  readonly taskId: string;
}

/** A message. */
export function messageOfParts(messageId: string, parts: readonly Part[], { contextId, taskId }: Place): Message {
  const none = { metadata: undefined, extensions: [], referenceTaskIds: [] };
  return { messageId, contextId, taskId, role: ROLE_USER, parts: [...parts], ...none };
}

/**
 * The content of a turn. A service that can only answer gets its input as it is, because a translator
 * would translate an explanation too; one that may hand over is told how.
 */
export function partsOf(
  turn: TurnRequest,
  knows: { readonly continues: boolean; readonly knowsTask: boolean },
): Part[] {
  const value = targetsOf(turn).length > 0 || mayAsk(turn) ? undefined : plainValue(turn.input);
  return [partOf(value ?? promptOf(turn, { means: 'block', ...knows }))];
}

/** One value as a part: text as text, anything else as data. */
export function partOf(value: unknown): Part {
  const none = { metadata: undefined, filename: '' };
  return typeof value === 'string'
    ? { content: { $case: 'text', value }, mediaType: 'text/plain', ...none }
    : { content: { $case: 'data', value }, mediaType: 'application/json', ...none };
}

function plainValue(input: TurnInput): unknown {
  return input.kind === 'task' || input.kind === 'request' ? input.value : undefined;
}

/** Reads the input of a turn, and its outcome. */
import type { TurnInput, TurnOutcome } from '../../../contract/agent/turns';
import { type ErrorCode, isErrorCode } from '../../../contract/errors';
import { flag } from '../carried';
import * as parse from '../parse';

/** Names and ids of others: a branch's id is the longest. */
const words = parse.text(Infinity);

const INPUTS: { readonly [K in TurnInput['kind']]: parse.Parser<Extract<TurnInput, { readonly kind: K }>> } = {
  task: parse.object({ kind: parse.oneOf('task'), value: parse.json }),
  request: parse.object({ kind: parse.oneOf('request'), from: words, value: parse.json }),
  results: parse.object({
    kind: parse.oneOf('results'),
    results: parse.list(parse.object({ from: words, branch: words, value: parse.json })),
    failures: parse.list(parse.object({ from: words, branch: words, error: words })),
  }),
  answer: parse.object({ kind: parse.oneOf('answer'), question: parse.json, value: parse.json }),
  invalid: parse.object({
    kind: parse.oneOf('invalid'),
    reply: parse.json,
    reason: words,
    mayInvoke: parse.list(words),
  }),
};
const inputKind = parse.oneOf('task', 'request', 'results', 'answer', 'invalid');

/** The input of a turn, by its kind. */
export const turnInput: parse.Parser<TurnInput> = (value, path) => {
  if (!parse.isRecord(value)) return parse.invalid(path, 'expected an object');
  return INPUTS[inputKind(value['kind'], `${path}.kind`)](value, path);
};

const code: parse.Parser<ErrorCode> = (value, path) =>
  isErrorCode(value) ? value : parse.invalid(path, 'expected an error code');
const failedOutcome: parse.Parser<TurnOutcome> = parse.object({
  error: parse.object({ code, message: words, notTaken: parse.optional(flag) }),
});
const repliedOutcome: parse.Parser<TurnOutcome> = parse.object({ reply: parse.json });

/** The outcome of a turn: a reply, or an error. */
export const turnOutcome: parse.Parser<TurnOutcome> = (value, path) =>
  (parse.isRecord(value) && Object.hasOwn(value, 'error') ? failedOutcome : repliedOutcome)(value, path);

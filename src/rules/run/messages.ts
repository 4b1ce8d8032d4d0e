/**
 * Parses every message of a run and its branches. Each parser throws `InvalidRequest` with the
 * field's path.
 */
import type {
  AnswerGiven,
  BranchesChanged,
  BranchSuspended,
  LiveBranchRecord,
  QuestionAsked,
  StopRequested,
} from '../../contract/run';
import type { TurnAnswered } from '../../contract/agent/turns';
import type { ItemAnswer, ItemExtension } from '../../contract/run/inbox';
import type { Origin } from '../../contract/caller/origin';
import { REQUEST_ID_LENGTH } from '../../contract/values/patterns';
import { branchId } from '../coordination/parse';
import { positiveDuration } from '../lib/fields';
import { message } from '../lib/message';
import { originFields } from '../lib/origin';
import {
  duration,
  integer,
  invalid,
  isRecord,
  json,
  list,
  name,
  nullable,
  object,
  oneOf,
  optional,
  type Parser,
  text,
} from '../lib/parse';
import { turnOutcome } from '../lib/turn/turn-input';
import { usage } from '../lib/turn/usage';

const id = text(21_000);
const words = text(Infinity);
const reason = text(2_000);
const ofRequest = { requestId: optional(text(REQUEST_ID_LENGTH)), ...originFields } as const;

const isTrue: Parser<true> = (value, path) => (value === true ? true : invalid(path, 'expected true'));

/** Signal `turnAnswered`. */
export const parseTurnAnswered: Parser<TurnAnswered> = message({ turnId: id, outcome: turnOutcome });

/** Signal `questionAsked`. */
export const parseQuestionAsked: Parser<QuestionAsked> = message({
  questionId: id,
  branch: branchId,
  agent: name,
  question: json,
  timeout: optional(duration),
  kind: optional(oneOf('gate')),
  context: optional(json),
  hasDefault: optional(isTrue),
});

/** Signal `questionWithdrawn`. */
export const parseQuestionRef: Parser<{ questionId: string }> = message({ questionId: id });

const answered: Parser<AnswerGiven> = message({ questionId: id, value: json });
const late: Parser<AnswerGiven> = message({ questionId: id, timedOut: isTrue });
const unanswerable: Parser<AnswerGiven> = message({ questionId: id, error: words });

/** Signal `answerGiven`. */
export const parseAnswerGiven: Parser<AnswerGiven> = (value, path) => {
  if (isRecord(value) && Object.hasOwn(value, 'timedOut')) return late(value, path);
  return (isRecord(value) && Object.hasOwn(value, 'error') ? unanswerable : answered)(value, path);
};

/** Signals `branchSuspended` and `branchResumed`. */
export const parseBranchRef: Parser<BranchSuspended> = message({ branch: branchId, why: optional(reason) });

/** Signal `stopRequested`. */
export const parseStopRequested: Parser<StopRequested> = message({
  kind: oneOf('pause', 'continue', 'cancel'),
  reason: optional(words),
});

const instant = text(40);
const liveRecord: Parser<LiveBranchRecord> = object({
  id: branchId,
  parent: nullable(branchId),
  agents: list(name),
  turns: integer(),
  outcome: oneOf('completed', 'failed', 'abandoned', 'running', 'waiting'),
  error: nullable(words),
  startedAt: instant,
  endedAt: nullable(instant),
  usage: optional(usage),
});

/** Signal `branchesChanged`. */
export const parseBranchesChanged: Parser<BranchesChanged> = message({ branches: list(liveRecord) });

/** Update `answer`. */
export const parseAnswer: Parser<{ value: unknown; question?: unknown; requestId?: string } & Origin> = message({
  value: json,
  question: optional(json),
  ...ofRequest,
});

/** Update `answerItem`. */
export const parseItemAnswer: Parser<ItemAnswer & { requestId?: string } & Origin> = message({
  number: integer(1),
  value: json,
  digest: optional(text(100)),
  ...ofRequest,
});

/** Update `extendItem`. */
export const parseItemExtension: Parser<ItemExtension & { requestId?: string } & Origin> = message({
  number: integer(1),
  extension: positiveDuration,
  ...ofRequest,
});

/** Update `cancel`. */
export const parseCancel: Parser<{ reason?: string; requestId?: string } & Origin> = message({
  reason: optional(reason),
  ...ofRequest,
});

/** Updates `pause` and `resume`. */
export const parseControl: Parser<{ requestId?: string } & Origin> = message({ ...ofRequest });

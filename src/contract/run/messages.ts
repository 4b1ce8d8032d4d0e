/**
 * The messages of a run and of its branches. A handler receives `unknown`, because any caller may
 * send them: rules/ parses every argument. The definition types the sender.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { DESCRIBE } from '../names';
import type { ItemAnswer, ItemExtension, RunInbox } from './inbox';
import type { Origin } from '../caller/origin';
import type { TurnAnswered, TurnRef, TurnSuspended } from '../agent/turns';
import type {
  AnswerGiven,
  BranchSuspended,
  BranchView,
  BranchesChanged,
  QuestionAsked,
  RunView,
  StopRequested,
} from './index';

/** The query for a run's view. */
export const describeRun = defineQuery<RunView>(DESCRIBE);

/** The items of the run that wait for a person. */
export const runInbox = defineQuery<RunInbox>('inbox');

/** The query for a branch's view. */
export const describeBranch = defineQuery<BranchView>(DESCRIBE);

/** The query of a run for the branch that runs within its workflow; null if each branch has a workflow of its own. */
export const describeRoot = defineQuery<BranchView | null>('root');

/** The updates of a run. */
export const runUpdates = {
  pause: defineUpdate<RunView, [{ requestId?: string } & Origin]>('pause'),
  resume: defineUpdate<RunView, [{ requestId?: string } & Origin]>('resume'),
  cancel: defineUpdate<RunView, [{ reason?: string; requestId?: string } & Origin]>('cancel'),
  answerItem: defineUpdate<RunView, [ItemAnswer & { requestId?: string } & Origin]>('answerItem'),
  extendItem: defineUpdate<RunView, [ItemExtension & { requestId?: string } & Origin]>('extendItem'),
  answer: defineUpdate<RunView, [{ value: unknown; question?: unknown; requestId?: string } & Origin]>('answer'),
} as const;

/** The signals of a run, from its branches. */
export const runSignals = {
  questionAsked: defineSignal<[QuestionAsked]>('questionAsked'),
  questionWithdrawn: defineSignal<[{ questionId: string }]>('questionWithdrawn'),
  branchSuspended: defineSignal<[BranchSuspended]>('branchSuspended'),
  branchResumed: defineSignal<[{ branch: string }]>('branchResumed'),
  branchesChanged: defineSignal<[BranchesChanged]>('branchesChanged'),
} as const;

/** The signals of a branch, from its agent, its run and its own branches. */
export const branchSignals = {
  turnAnswered: defineSignal<[TurnAnswered]>('turnAnswered'),
  turnSuspended: defineSignal<[TurnSuspended]>('turnSuspended'),
  turnResumed: defineSignal<[TurnRef]>('turnResumed'),
  answerGiven: defineSignal<[AnswerGiven]>('answerGiven'),
  stopRequested: defineSignal<[StopRequested]>('stopRequested'),
} as const;

/** Everything that a run can be told, asked or commanded. */
import { setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { UpdateDefinition } from '@temporalio/common';
import { type ErrorCode, DroverError } from '../contract/errors';
import { agentSignals, branchSignals, describeRun, runSignals, runUpdates } from '../contract/messages';
import { branchWorkflowId } from '../contract/names';
import type { AnswerGiven, QuestionAsked, RunView } from '../contract/runs';
import { parseTurnRef, parseTurnRequested } from '../rules/agent-messages';
import type { Answer } from '../rules/coordination/effects';
import { durationMs } from '../rules/duration';
import type { Parser } from '../rules/parse';
import {
  parseAnswer,
  parseBranchRef,
  parseBranchesChanged,
  parseCancel,
  parseNothing,
  parseQuestionAsked,
  parseQuestionRef,
} from '../rules/run-messages';
import { runCard } from '../rules/run-view';
import type { Family } from './branch-family';
import type { RunLife } from './run-life';
import type { ScriptedAgents } from './run-script';
import { translating } from './shared/failures';
import { receive } from './shared/receive';
import { ignoreUnknownMessages } from './shared/unknown-messages';

/** Registers everything. `scripted` null: the agents take their turns themselves. */
export function handleRunMessages(life: RunLife, family: Family, scripted: ScriptedAgents | null): void {
  setHandler(describeRun, () => life.view(), { description: 'The run as it is now' });
  handleUpdates(life, family);
  handleQuestions(life);
  for (const signal of [runSignals.branchSuspended, runSignals.branchResumed]) {
    receive(signal, parseBranchRef, ({ branch }) => {
      if (signal === runSignals.branchSuspended) life.suspended.add(branch);
      else life.suspended.delete(branch);
      changed(life);
    });
  }
  receive(runSignals.branchesChanged, parseBranchesChanged, ({ branches }) => {
    life.learn(branches);
    changed(life);
  });
  if (scripted !== null) {
    receive(agentSignals.turnRequested, parseTurnRequested, (message) => {
      scripted.requested(message);
    });
    receive(agentSignals.turnWithdrawn, parseTurnRef, ({ turnId }) => {
      scripted.withdrawn(turnId);
    });
  }
  ignoreUnknownMessages(() => undefined);
}

/** After every change: the card in Temporal's Web UI. */
export function changed(life: RunLife): void {
  life.changed();
  setCurrentDetails(runCard(life.view()));
}

function handleQuestions(life: RunLife): void {
  const { fleet, run } = life.input;
  const open = new Map<string, () => void>();

  function ask({ questionId, branch, agent, question, timeout }: QuestionAsked): void {
    if (open.has(questionId)) return;
    const timeoutMs = timeout === undefined ? null : (durationMs(timeout) ?? null);
    const withdraw = life.human.ask({ branch, agent, question, timeoutMs }, (answer) => {
      const target = branchWorkflowId(fleet, run, branch);
      void life.courier.send(target, branchSignals.answerGiven, given(questionId, answer));
    });
    open.set(questionId, withdraw);
  }
  receive(runSignals.questionAsked, parseQuestionAsked, (message) => {
    ask(message);
    changed(life);
  });
  receive(runSignals.questionWithdrawn, parseQuestionRef, ({ questionId }) => {
    open.get(questionId)?.();
    // A question that comes after its withdrawal is none.
    open.set(questionId, () => undefined);
    changed(life);
  });
}

function given(questionId: string, answer: Answer): AnswerGiven {
  return answer === 'timed out' ? { questionId, timedOut: true } : { questionId, ...answer };
}

/** A command, and what makes it impossible; both the validator and the handler look. */
function handle<T>(
  life: RunLife,
  update: UpdateDefinition<RunView, [T]>,
  parse: Parser<T>,
  { refuse, apply, description }: { refuse(argument: T): void; apply(argument: T): void; description: string },
): void {
  const read = (argument: unknown): T => parse(argument ?? {}, update.name);
  setHandler(
    update as UpdateDefinition<RunView, [unknown]>,
    (argument) =>
      translating(() => {
        const request = read(argument);
        refuse(request);
        apply(request);
        changed(life);
        return life.view();
      }),
    {
      validator: (argument) => {
        translating(() => {
          refuse(read(argument));
        });
      },
      description,
    },
  );
}

function handleUpdates(life: RunLife, family: Family): void {
  const name = `run ${life.input.fleet}/${life.input.run}`;
  const refusal = (code: ErrorCode, why: string) =>
    new DroverError(code, `${name} ${why}`, { current: { state: life.view().state } });
  const mustRun = (): void => {
    if (life.result !== null || life.stop.reason() !== null) throw refusal('RuntimeStateError', 'is over');
  };
  const setPaused = (paused: boolean): void => {
    life.paused = paused;
    family.tell({ kind: paused ? 'pause' : 'continue' });
  };
  handle(life, runUpdates.pause, parseNothing, {
    description: 'Begins no turn until it is resumed: {}',
    refuse() {
      mustRun();
      if (life.paused) throw refusal('RuntimeStateError', 'is paused already');
    },
    apply() {
      setPaused(true);
    },
  });
  handle(life, runUpdates.resume, parseNothing, {
    description: 'Goes on after a pause: {}',
    refuse() {
      mustRun();
      if (!life.paused) throw refusal('RuntimeStateError', 'is not paused');
    },
    apply() {
      setPaused(false);
    },
  });
  handle(life, runUpdates.cancel, parseCancel, {
    description: 'Ends it; turns are withdrawn: {reason?}',
    refuse: mustRun,
    apply({ reason }) {
      cancelRun(life, reason === undefined ? 'cancelled' : `cancelled: ${reason}`);
    },
  });
  handle(life, runUpdates.answer, parseAnswer, {
    description: 'Answers the open question: {value, question?}',
    refuse({ question }) {
      mustRun();
      const open = life.human.waiting()[0];
      if (!open) throw refusal('InvalidRequest', 'has no open question');
      if (question !== undefined && JSON.stringify(question) !== JSON.stringify(open.question.question)) {
        throw refusal(
          'InvalidRequest',
          `has another question open: ${JSON.stringify(open.question.question).slice(0, 500)}`,
        );
      }
    },
    apply({ value }) {
      life.human.answer(value);
    },
  });
}

/** Ends the run as cancelled. */
export function cancelRun(life: RunLife, reason: string): void {
  if (life.stop.reason() !== null || life.result !== null) return;
  life.cancelled = true;
  life.stop.stop(reason);
}

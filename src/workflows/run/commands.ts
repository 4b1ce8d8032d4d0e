/** The commands of a run. Validator and handler of each refuse by the same rule. */
import type { UpdateDefinition } from '@temporalio/common';
import { setHandler } from '@temporalio/workflow';
import { type ErrorCode, DroverError } from '../../contract/errors';
import type { GivenBy } from '../../contract/event/data';
import { runUpdates } from '../../contract/run/messages';
import type { Origin } from '../../contract/caller/origin';
import type { RunView } from '../../contract/run';
import type { Parser } from '../../rules/lib/parse';
import { findRequest, markOf, withMark } from '../../rules/lib/fingerprint';
import { parseAnswer, parseCancel, parseControl } from '../../rules/run/messages';
import { byField } from '../../rules/lib/origin';
import type { Family } from '../branch/family';
import { answerItem, handleInbox } from './inbox';
import type { RunLife } from './life';
import type { Command } from './register';
import { isHistoryFull } from '../shared/continue-as-new';
import { translating } from '../shared/failures';

const FULL = 'cannot be paused, because its history is full; let it end, or cancel it';

/** Registers a command. Its validator and its handler check `refuse`. A repeated request returns the current run. */
function handle<T extends Origin & { readonly requestId?: string }>(
  life: RunLife,
  update: UpdateDefinition<RunView, [T]>,
  parse: Parser<T>,
  command: Command<T>,
): void {
  const read = (argument: unknown): T => parse(argument ?? {}, update.name);
  const isRepeat = (request: T): boolean => findRequest(life.requests, markOf(update.name, request)) !== undefined;
  setHandler(
    update as UpdateDefinition<RunView, [unknown]>,
    (argument) =>
      translating(() => {
        const request = read(argument);
        if (isRepeat(request)) return life.view();
        command.refuse(request);
        command.apply(request);
        life.requests = withMark(life.requests, markOf(update.name, request));
        life.changed();
        return life.view();
      }),
    {
      validator: (argument) => {
        translating(() => {
          const request = read(argument);
          if (!isRepeat(request)) command.refuse(request);
        });
      },
      description: command.description,
    },
  );
}

/** Registers every command. */
export function handleCommands(life: RunLife, family: Family): void {
  const name = `run ${life.input.fleet}/${life.input.run}`;
  const refusal = (code: ErrorCode, why: string) =>
    new DroverError(code, `${name} ${why}`, { current: { state: life.view().state } });
  const mustRun = (): void => {
    if (life.result !== null || life.stop.reason() !== null) throw refusal('RuntimeStateError', 'is over');
  };
  const setPaused = (paused: boolean, request: Origin): void => {
    life.paused = paused;
    life.human.setPaused(paused);
    family.tell({ kind: paused ? 'pause' : 'continue' });
    const { fleet, run } = life.input;
    life.tell({ type: paused ? 'run.paused' : 'run.resumed', data: { run: `${fleet}/${run}`, ...byField(request) } });
  };
  handle(life, runUpdates.pause, parseControl, {
    description: 'Starts no turns until the run is resumed: {}',
    refuse() {
      mustRun();
      if (life.paused) throw refusal('RuntimeStateError', 'is paused already');
      // Every other command leads to the end of the run; pauses have no limit, so a full history refuses them.
      if (isHistoryFull(life.input.mostEvents)) throw refusal('LimitReached', FULL);
    },
    apply(request) {
      setPaused(true, request);
    },
  });
  handle(life, runUpdates.resume, parseControl, {
    description: 'Continues after a pause: {}',
    refuse() {
      mustRun();
      if (!life.paused) throw refusal('RuntimeStateError', 'is not paused');
    },
    apply(request) {
      setPaused(false, request);
    },
  });
  handle(life, runUpdates.cancel, parseCancel, {
    description: 'Ends the run and withdraws its turns: {reason?}',
    refuse: mustRun,
    apply({ reason, ...origin }) {
      cancelRun(life, reason === undefined ? 'cancelled' : `cancelled: ${reason}`, byField(origin));
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
    apply({ value, ...origin }) {
      const open = life.human.waiting()[0];
      if (open) answerItem(life, open.number, value, origin);
    },
  });
  handleInbox(life, (update, parse, command) => {
    handle(life, update, parse, {
      ...command,
      refuse(request) {
        mustRun();
        command.refuse(request);
      },
    });
  });
}

/** Ends the run as cancelled. */
export function cancelRun(life: RunLife, reason: string, by: GivenBy | null = null): void {
  if (life.stop.reason() !== null || life.result !== null) return;
  life.cancelled = true;
  life.cancelledBy = by;
  life.stop.stop(reason);
}

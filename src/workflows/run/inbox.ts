/** The query and the updates of a run's inbox (docs/inbox.md). */
import { setHandler } from '@temporalio/workflow';
import type { Origin } from '../../contract/caller/origin';
import { runInbox, runUpdates } from '../../contract/run/messages';
import { durationMs } from '../../rules/lib/duration';
import { byField, originText } from '../../rules/lib/origin';
import { checkItemAnswer, mustWait } from '../../rules/run/inbox';
import { parseItemAnswer, parseItemExtension } from '../../rules/run/messages';
import { runOfItems } from './items';
import type { RunLife } from './life';
import type { RegisterCommand } from './register';

/** Registers the query and the updates of the inbox. */
export function handleInbox(life: RunLife, handle: RegisterCommand): void {
  setHandler(runInbox, () => ({ items: life.items.list() }), {
    description: 'Returns the waiting items',
  });
  handle(runUpdates.answerItem, parseItemAnswer, {
    description: 'Answers one waiting item: {number, value, digest?, by?, from?, requestId?}',
    refuse(answer) {
      checkItemAnswer(answer, life.human.waiting(), life.items.settled(), runOfItems(life));
    },
    apply({ number, value, ...origin }) {
      answerItem(life, number, value, origin);
    },
  });
  handle(runUpdates.extendItem, parseItemExtension, {
    description: 'Moves the deadline of one waiting item: {number, extension, by?, from?, requestId?}',
    refuse({ number }) {
      mustWait(number, life.human.waiting(), life.items.settled(), runOfItems(life));
    },
    apply({ number, extension, ...origin }) {
      life.human.extend(number, durationMs(extension) ?? 0);
      const asked = life.human.waiting().find((one) => one.number === number);
      if (asked !== undefined) life.items.tell('extended', asked, byField(origin));
    },
  });
}

/** Answers an item, records who did, and notifies the webhooks. */
export function answerItem(life: RunLife, number: number, value: unknown, request: Origin): void {
  const asked = life.human.waiting().find((one) => one.number === number);
  if (asked === undefined) return;
  const by = originText(request, 'a person');
  life.items.tell('answered', asked, { by, ...byField(request) });
  life.items.end(number, 'answered', by);
  life.human.answer(value, number);
}

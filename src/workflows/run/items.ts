/** The waiting items of a run: their ends, their events for webhooks, and the attribute by which lists find the run. */
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { GivenBy } from '../../contract/event/data';
import type { NewEntry } from '../../contract/event/log';
import type { WaitingItem } from '../../contract/run/inbox';
import type { RunInput } from '../../contract/run';
import { searchAttributeKeys } from '../../contract/search-attributes';
import type { Asked, Human, ItemNews } from '../../rules/run/human';
import { itemOf, itemsWithin, kindOf, type RunOfItems, type SettledItem, withSettled } from '../../rules/run/inbox';
import { isoNow } from '../shared/iso-now';

/** Dependencies of a run's items. */
export interface ItemSource {
  readonly input: RunInput;
  readonly human: Human;
  readonly paused: boolean;
  tell(entry: NewEntry): void;
}

/** The items of one run. */
export interface Items {
  list(): WaitingItem[];
  /** How the items that no longer wait ended. */
  settled(): readonly SettledItem[];
  /** Records how an item has ended. */
  end(number: number, how: SettledItem['how'], by?: string): void;
  /** Tells the webhooks what happened to an item. */
  tell(news: ItemNews | 'answered' | 'extended', asked: Asked, given?: GivenBy): void;
  /** Lets lists find the run while an item waits. Writes an event only if that changes. */
  mark(): void;
}

/** Create one per run. */
export function createItems(life: ItemSource): Items {
  let settled: readonly SettledItem[] = [];
  const { fleet, run, inbox = {} } = life.input;
  return {
    list: () => itemsWithin(life.human.waiting().map((asked) => itemOf(asked, runOfItems(life)))),
    settled: () => settled,
    end(number, how, by) {
      settled = withSettled(settled, { number, how, by: by ?? null, at: isoNow() });
    },
    tell(news, asked, given) {
      const { id, kind, branch, agent, deadline, onDeadline } = itemOf(asked, runOfItems(life));
      const to = news === 'escalated' && inbox.escalateTo !== undefined ? { escalateTo: inbox.escalateTo } : {};
      // The question itself may be confidential, so the event does not hold it.
      const data = {
        item: id,
        kind,
        run: `${fleet}/${run}`,
        agent,
        branch,
        ...(deadline !== undefined && { deadline }),
        ...(onDeadline !== undefined && { onDeadline }),
        ...to,
        ...given,
      };
      life.tell({ type: `question.${news}`, data });
    },
    mark() {
      const [first] = life.human.waiting();
      const kind = first === undefined ? null : kindOf(first);
      const key = searchAttributeKeys.DroverWaiting;
      const known = workflowInfo().typedSearchAttributes.get(key) ?? null;
      if (kind !== known) upsertSearchAttributes([{ key, value: kind }]);
    },
  };
}

/** The run as the rules of its items see it. */
export function runOfItems({ input, paused }: Pick<ItemSource, 'input' | 'paused'>): RunOfItems {
  const { fleet, run, inbox = {} } = input;
  return { fleet, run, escalateTo: inbox.escalateTo ?? null, isPaused: paused, execution: workflowInfo().runId };
}

/** Workflow `pool`: the entity that holds the credentials of one model provider and assigns them to agents. */
import {
  allHandlersFinished,
  CancellationScope,
  continueAsNew,
  setCurrentDetails,
  upsertMemo,
} from '@temporalio/workflow';
import { allocationGranted } from '../../contract/agent/messages';
import { agentWorkflowId, poolWorkflowId } from '../../contract/names';
import { forgetAgent, notifiedBy, serveWaiting } from '../../rules/pool/pool';
import { withExhaustion } from '../../rules/pool/log';
import { poolCard, poolSummary } from '../../rules/pool/card';
import { POOL_INPUT } from '../../rules/pool/migrate';
import { endsAt, type Grant, nextReset, type PoolState, poolView } from '../../rules/pool/state';
import { initialPool } from '../../rules/pool/carried';
import { appended } from '../../rules/lib/log/log';
import { addIgnored, NOTHING_IGNORED, troublesOf } from '../../rules/lib/troubles';
import { handlePoolMessages, type PoolMachine } from './messages';
import { continueAsNewDue } from '../shared/continue-as-new';
import { translating } from '../shared/failures';
import { answerLogs, begun, createGrowth } from '../shared/log';
import { migrated } from '../shared/migrated';
import { requireOwnId } from '../shared/own-id';
import { createNotifier } from '../shared/notifier';
import { afterTheTask, createOutbox } from '../shared/messages/outbox';
import { createPacer } from '../shared/messages/pacer';
import { ensureKeywords } from '../shared/search-attributes';
import { createSupervisor } from '../shared/supervise';
import { isoNow } from '../shared/iso-now';
import { until, untilOr } from '../shared/until';

/** The argument of every run after the first. */
interface CarriedPool {
  readonly v: 1;
  readonly state: PoolState;
}

/**
 * Runs from the first fleet that configures it until the last one has left and no cool-down is open. It ignores cancellation, because its
 * agents would continue, and its cool-downs and waiting agents would be lost.
 */
export async function pool(argument: unknown): Promise<void> {
  await CancellationScope.nonCancellable(() => live(argument));
}

async function live(argument: unknown): Promise<void> {
  const current = migrated(POOL_INPUT, argument);
  const supervisor = createSupervisor(() => {
    show();
  });
  const outbox = createOutbox(supervisor, afterTheTask, createPacer());
  const notifier = createNotifier(supervisor);
  const first = translating(() => initialPool(current));
  requireOwnId(poolWorkflowId(first.pool));
  let state: PoolState = { ...first, log: begun(first.log) };
  const markGrowth = createGrowth();
  let letters: readonly Grant[] = [];
  let version = 0;
  let ignored = NOTHING_IGNORED;
  let shown = '';

  const machine: PoolMachine = {
    get state() {
      return state;
    },
    view: () => ({ ...poolView(state, Date.now()), ...troublesOf(supervisor.troubles()) }),
    step(rule) {
      const next = rule(state, Date.now());
      const told = withExhaustion(next.state, Date.now());
      const news = appended(state.log, told.log);
      markGrowth(state.log, told.log);
      state = told;
      letters = [...letters, ...next.grants];
      version += 1;
      for (const entry of news) notifier.raise(notifiedBy(state, entry.type), entry);
    },
    ignore(what, why) {
      ignored = addIgnored(ignored, what, why, isoNow());
      version += 1;
    },
  };
  ensureKeywords({ DroverPool: state.pool });
  answerLogs(() => state.log);
  handlePoolMessages(machine);

  const isDue = (): boolean => continueAsNewDue(state.continueAfterEvents ?? undefined);
  const isQuiet = (): boolean =>
    letters.length === 0 && outbox.pending() === 0 && notifier.pending() === 0 && allHandlersFinished();
  const isOver = (): boolean => endsAt(state, Date.now()) === Date.now();
  for (;;) {
    show();
    const seen = version;
    const isReady = (): boolean => letters.length > 0 || version !== seen || ((isDue() || isOver()) && isQuiet());
    // A credential that is free again goes to a waiting agent, and the card shows it.
    const woken = await waitUntil(isReady, nextReset(state, Date.now()) ?? endsAt(state, Date.now()));
    if (!woken) await supervisor.persist('serve waiting agents', serve, () => version !== seen);
    const batch = letters;
    letters = [];
    await Promise.all(batch.map(deliver));
    if ((isDue() || isOver()) && isQuiet()) break;
  }
  if (!isOver()) await continueAsNew<typeof pool>({ v: 1, state } satisfies CarriedPool);

  async function serve(): Promise<void> {
    machine.step(serveWaiting);
  }

  /** Writes the memo for visibility on change only. */
  function show(): void {
    const view = machine.view();
    setCurrentDetails(poolCard(view, ignored));
    const summary = poolSummary(view);
    if (JSON.stringify(summary) === shown) return;
    shown = JSON.stringify(summary);
    upsertMemo({ summary });
  }

  async function deliver({ agent, grant }: Grant): Promise<void> {
    const [fleet = '', name = ''] = agent.split('/');
    const delivery = await outbox.send(agentWorkflowId(fleet, name), allocationGranted, grant);
    if (delivery === 'gone') machine.step((now) => ({ state: forgetAgent(now, agent), grants: [] }));
  }
}

/** Returns false when the time `at` (epoch milliseconds) came first. */
async function waitUntil(isDone: () => boolean, at: number | null): Promise<boolean> {
  if (at === null) {
    await until(isDone);
    return true;
  }
  // One millisecond more, because a skip includes its last instant.
  return untilOr(isDone, Math.max(at - Date.now(), 0) + 1, 'wait until a credential is free again');
}

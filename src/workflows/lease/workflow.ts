/** Workflow `lease`: knows which agents a gateway vouches for, and tells them when the gateway no longer renews it. */
import {
  allHandlersFinished,
  CancellationScope,
  continueAsNew,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import { agentSignals } from '../../contract/agent/messages';
import { LEASE_TTL_MS, type LeaseView } from '../../contract/lease';
import { describeLease, renewLease } from '../../contract/lease/messages';
import { agentWorkflowId, leaseWorkflowId } from '../../contract/names';
import { leaseCard } from '../../rules/lease/card';
import { initialLease } from '../../rules/lease/carried';
import { parseRenewal } from '../../rules/lease/messages';
import { LEASE_INPUT } from '../../rules/lease/migrate';
import { leaseId, type LeaseState, leaseView, renewed, revoked, timePassed } from '../../rules/lease/state';
import { addIgnored, NOTHING_IGNORED, troublesOf } from '../../rules/lib/troubles';
import { continueAsNewDue } from '../shared/continue-as-new';
import { translating } from '../shared/failures';
import { isoNow } from '../shared/iso-now';
import { answerLogs, begun, createGrowth } from '../shared/log';
import { migrated } from '../shared/migrated';
import { afterTheTask, createOutbox, type Outbox } from '../shared/messages/outbox';
import { createPacer } from '../shared/messages/pacer';
import { type Ignore, receive } from '../shared/messages/receive';
import { requireOwnId } from '../shared/own-id';
import { createSupervisor, type Supervisor } from '../shared/supervise';
import { ignoreUnknownMessages } from '../shared/messages/unknown-messages';
import { until, untilOr } from '../shared/until';

/** The argument of every run after the first. */
interface CarriedLease {
  readonly v: 1;
  readonly state: LeaseState;
}

/** Lasts while its gateway renews it. When it runs out, or is cancelled, it tells its agents and completes. */
export async function lease(argument: unknown): Promise<void> {
  const current = migrated(LEASE_INPUT, argument);
  let show = (): void => undefined;
  const supervisor = createSupervisor(() => {
    show();
  });
  let ignored = NOTHING_IGNORED;
  const first = translating(() => initialLease(current, Date.now()));
  let state: LeaseState = { ...first, log: begun(first.log) };
  const markGrowth = createGrowth();
  requireOwnId(leaseWorkflowId(state));
  const step = (rule: (state: LeaseState, now: number) => LeaseState): void => {
    const before = state;
    state = rule(state, Date.now());
    markGrowth(before.log, state.log);
  };
  const ignore: Ignore = (what, why) => {
    ignored = addIgnored(ignored, what, why, isoNow());
  };
  const view = (): LeaseView => ({ ...leaseView(state), ...troublesOf(supervisor.troubles()) });
  show = () => {
    setCurrentDetails(leaseCard(view(), ignored));
  };
  CancellationScope.current().cancelRequested.catch(() => {
    step(revoked);
  });
  answerLogs(() => state.log);
  setHandler(describeLease, view, { description: 'Returns the lease: its renewals and how many agents it has' });
  receive(
    renewLease,
    parseRenewal,
    (renewal) => {
      step((before, now) => renewed(before, renewal, now));
    },
    ignore,
  );
  ignoreUnknownMessages(ignore);

  await CancellationScope.nonCancellable(async () => {
    const isDue = (): boolean => continueAsNewDue(state.continueAfterEvents ?? undefined) && allHandlersFinished();
    while (state.ends === null && !isDue()) {
      show();
      const seen = state;
      const isNews = (): boolean => state !== seen || isDue();
      const leftMs = Math.min(Math.max(state.dueAt - Date.now(), 1), LEASE_TTL_MS);
      const isRenewed = await untilOr(isNews, leftMs, 'until it runs out');
      if (!isRenewed) step(timePassed);
    }
    if (state.ends === null) await continueAsNew<typeof lease>({ v: 1, state } satisfies CarriedLease);
    show();
    await tellAgents(state, createOutbox(supervisor, afterTheTask, createPacer()), supervisor);
    await until(allHandlersFinished);
  });
}

/** Tells every agent, 50 in one batch. An agent whose workflow is closed needs to hear nothing. */
async function tellAgents(state: LeaseState, outbox: Outbox, supervisor: Supervisor): Promise<void> {
  const tell = (name: string) => {
    const [fleet = '', agent = ''] = name.split('/');
    const lost = { lease: leaseId(state), renewedAgoMs: Math.max(Date.now() - state.renewedAt, 0) };
    return outbox.send(agentWorkflowId(fleet, agent), agentSignals.leaseLost, lost);
  };
  await supervisor.persist('tell the agents', () => Promise.all(state.agents.map(tell)));
}

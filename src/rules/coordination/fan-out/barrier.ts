/**
 * A fan-out with its barrier: starts branches, delivers their values, runs rendezvous, and decides
 * once.
 */
import type { BarrierOutcome, BarrierRecord } from '../../../contract/run';
import type { OpenBarrier } from '../../../contract/run/barrier';
import type { SourceResult } from '../../../contract/agent/turns';
import { formatDuration } from '../../lib/duration';
import { type Child, type Children, createChildren } from './children';
import { clearYes } from '../clear-yes';
import { type Effects, Stopped } from '../effects';
import { type Kept, createKept } from '../kept';
import { type Mailbox, createMailbox } from '../mailbox';
import type { Orphans } from './orphans';
import type { BarrierPlan, BarrierResult, Seed, Verdict } from '../plan';
import { type Sources, createSources } from './sources';
import { type BranchResult, type Contribution, highest } from '../state';
import { insufficient, isEnough, neededOf } from './verdict';

type Event =
  | { readonly kind: 'settled'; readonly result: BranchResult }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'stop'; readonly reason: string };

/** A fan-out in progress. */
interface Barrier {
  readonly plan: BarrierPlan;
  readonly effects: Effects;
  readonly mailbox: Mailbox<Event>;
  readonly children: Children;
  readonly sources: Sources;
  readonly kept: Kept;
  readonly passedUp: Contribution[];
}

/** Runs a barrier to its decision. Branches that it no longer waits for go to `orphans`. */
export async function runBarrier(plan: BarrierPlan, effects: Effects, orphans: Orphans): Promise<BarrierResult> {
  const mailbox = createMailbox<Event>();
  const children = createChildren(plan, effects, (result) => {
    mailbox.put({ kind: 'settled', result });
  });
  const barrier: Barrier = {
    plan,
    effects,
    mailbox,
    children,
    sources: createSources(),
    kept: createKept(),
    passedUp: [],
  };
  const unlisten = effects.onStop((reason) => {
    mailbox.put({ kind: 'stop', reason });
  });
  const endTimer = startTimeout(barrier);
  const endWatch = effects.watchBarrier?.(() => openBarrier(barrier));
  try {
    return conclude(barrier, await decide(barrier, orphans));
  } finally {
    unlisten();
    endTimer();
    endWatch?.();
  }
}

/** The barrier as it stands; each rendezvous that keeps values becomes a branch of its own. */
function openBarrier({ plan, children, kept, sources }: Barrier): OpenBarrier {
  const arrived = sources.results('branches').map(({ from }) => from);
  const failed = sources.failed();
  const open = children.open() + kept.nodes().length;
  return { arrived, failed, open, needed: neededOf(plan, arrived.length + failed.length + open) };
}

function startTimeout({ plan, effects, mailbox }: Barrier): () => void {
  const { timeoutMs } = plan.base.topology.convergence;
  if (plan.agent === null || timeoutMs === null) return () => undefined;
  return effects.startTimer(timeoutMs, () => {
    mailbox.put({ kind: 'timeout' });
  });
}

async function decide(barrier: Barrier, orphans: Orphans): Promise<Verdict> {
  const { plan, children, kept, sources, mailbox } = barrier;
  plan.direct.forEach((contribution) => {
    deliver(barrier, contribution);
  });
  plan.seeds.forEach((seed) => {
    children.add(seed);
  });
  for (;;) {
    startReady(barrier);
    if (quorumReached(barrier)) {
      abandonChildren(barrier, orphans, 'the quorum was reached');
      return firedVerdict(barrier);
    }
    if (children.isIdle() && kept.isEmpty()) return decideAtEnd(barrier);
    const event = await mailbox.next();
    switch (event.kind) {
      case 'settled':
        if (!children.settle(event.result)) break;
        event.result.contributions.forEach((contribution) => {
          deliver(barrier, contribution);
        });
        if (event.result.failure) sources.fail(event.result.failure);
        break;
      case 'timeout':
        return decideAtTimeout(barrier, orphans);
      case 'stop':
        await children.stop(event.reason);
        return { outcome: 'stopped', error: event.reason };
    }
  }
}

/** Delivers a returned value: here, further up, or to a rendezvous of this barrier. */
function deliver({ plan, sources, kept, passedUp }: Barrier, contribution: Contribution): void {
  const { to } = contribution;
  if (to === (plan.agent ?? 'End')) sources.arrive(contribution);
  else if (to === 'End' || plan.waiting.includes(to) || plan.base.outside.includes(to)) passedUp.push(contribution);
  else kept.keep(contribution);
}

function startReady({ children, kept }: Barrier): void {
  for (let ready = kept.takeReady(children.active); ready; ready = kept.takeReady(children.active)) {
    children.add(rendezvous(ready.node, ready.contributions));
  }
  children.startQueued(kept.nodes().flatMap((node) => [...children.active.touches(node)]));
}

function rendezvous(node: string, contributions: readonly Contribution[]): Seed {
  const sources = createSources();
  contributions.forEach((contribution) => {
    sources.arrive(contribution);
  });
  return {
    agent: node,
    input: { kind: 'results', results: sources.results('branches'), failures: [] },
    counts: highest(contributions.map(({ counts }) => counts)),
  };
}

function quorumReached({ plan, sources }: Barrier): boolean {
  const { quorum } = plan.base.topology.convergence;
  return plan.agent !== null && quorum !== null && sources.arrived() >= quorum;
}

function abandonChildren({ plan, children }: Barrier, orphans: Orphans, reason: string): readonly Child[] {
  const { handles, unfinished } = children.abandon(reason, plan.base.topology.convergence.terminateOrphans);
  orphans.add(handles);
  return unfinished;
}

/** Decides with the values that arrived; every missing source counts as failed. */
async function decideAtTimeout(barrier: Barrier, orphans: Orphans): Promise<Verdict> {
  const { plan, children, kept, sources } = barrier;
  const error = `barrier timeout(${formatDuration(plan.base.topology.convergence.timeoutMs ?? 0)}) reached`;
  // Each kept rendezvous would have become a branch of its own.
  for (const node of kept.nodes())
    children.add({
      agent: node,
      input: { kind: 'results', results: [], failures: [] },
      counts: { steps: 0, handOvers: [] },
    });
  for (const { agent, id } of abandonChildren(barrier, orphans, error))
    sources.fail({ from: agent, branch: id, error });
  return decideAtEnd(barrier);
}

async function decideAtEnd(barrier: Barrier): Promise<Verdict> {
  const { plan, sources, effects } = barrier;
  if (sources.arrived() === 0 && sources.failed().length === 0) return { outcome: 'cancelled' };
  const { convergence } = plan.base.topology;
  if (isEnough(plan, sources)) return firedVerdict(barrier);
  const error = insufficient(convergence, plan, sources);
  if (plan.agent === null || plan.branch === null || convergence.onInsufficient === 'fail')
    return { outcome: 'failed', error };
  if (convergence.onInsufficient === 'proceed') return firedVerdict(barrier);
  try {
    const question = `${error}. Proceed with what arrived (yes), or fail (no)?`;
    const verdict = await clearYes(effects, { agent: plan.agent, branch: plan.branch, question });
    return verdict === 'yes' ? firedVerdict(barrier) : { outcome: 'failed', error };
  } catch (stopped) {
    if (stopped instanceof Stopped) return { outcome: 'stopped', error: stopped.reason };
    throw stopped;
  }
}

function firedVerdict(barrier: Barrier): Verdict {
  return { outcome: 'fired', results: resultsOf(barrier), failures: barrier.sources.failed() };
}

/** The values that arrived, in the order of branches; at the root in the order of arrival. */
function resultsOf({ plan, sources }: Barrier): readonly SourceResult[] {
  return sources.results(plan.agent === null ? 'arrival' : 'branches');
}

function conclude(barrier: Barrier, verdict: Verdict): BarrierResult {
  const { plan, children, sources, passedUp } = barrier;
  const outcome: BarrierOutcome = verdict.outcome === 'stopped' ? 'cancelled' : verdict.outcome;
  const record: BarrierRecord = {
    branch: plan.branch,
    agent: plan.agent,
    arrived: (verdict.outcome === 'fired' ? verdict.results : resultsOf(barrier)).map(({ from }) => from),
    failed: sources.failed(),
    outcome,
  };
  const { branches, barriers, undos } = children.records();
  return {
    verdict,
    nextChild: children.next(),
    turnsUsed: children.turnsUsed(),
    passedUp,
    branches,
    barriers: [...barriers, record],
    undos,
  };
}

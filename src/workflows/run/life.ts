/** State that the parts of a run's workflow share. */
import type { SignalDefinition } from '@temporalio/common';
import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { GivenBy } from '../../contract/event/data';
import type { NewEntry } from '../../contract/event/log';
import type { Usage } from '../../contract/usage';
import type { CompensationRecord } from '../../contract/fleet/compensation';
import type { LiveBranchRecord, RunInput, RunResult, RunView } from '../../contract/run';
import type { OpenBarrier } from '../../contract/run/barrier';
import type { Parser } from '../../rules/lib/parse';
import type { RequestMark } from '../../rules/lib/fingerprint';
import { originText } from '../../rules/lib/origin';
import { branchesMoved, hasMoved, runEnded } from '../../rules/run/log';
import { type Human, createHuman } from '../../rules/run/human';
import { inboxTimes } from '../../rules/run/inbox';
import {
  endedBranches,
  newer,
  openLeaves,
  rootBarrier,
  runCard,
  runViewWithin,
  shownBranches,
} from '../../rules/run/view';
import { withShares } from '../../rules/lib/shares';
import { sumOfUsage, usageField } from '../../rules/lib/turn/usage';
import { type Stop, createStop } from '../../rules/coordination/stop';
import { mustCompile } from '../../rules/topology/compile';
import type { Topology } from '../../rules/topology/topology';
import type { BranchLog } from '../../rules/run/branch-input';
import { addIgnored, ignoredLines, NOTHING_IGNORED, troubleLines, troublesOf } from '../../rules/lib/troubles';
import { ensureKeywords } from '../shared/search-attributes';
import { createLog } from '../shared/log';
import { createNotifier, type Notifier } from '../shared/notifier';
import { type Outbox, createOutbox, withinTheTask } from '../shared/messages/outbox';
import { type Pacer, createPacer } from '../shared/messages/pacer';
import { type Door, type Doors, type Ignore, receive } from '../shared/messages/receive';
import { handingOver } from '../shared/messages/within';
import { type Supervisor, createSupervisor } from '../shared/supervise';
import { startTimer } from '../shared/timer';
import { tellUsage } from '../shared/told-usage';
import { isoNow, stampMs } from '../shared/iso-now';
import { createItems, type Items } from './items';
import { createBranchNews } from './branch-news';

/** A run with at most so many branches updates the memo of lists at each change. */
const SMALL_RUN = 16;

/** The shared state of one run. */
export interface RunLife {
  readonly workflowId: string;
  readonly input: RunInput;
  readonly topology: Topology;
  readonly outbox: Outbox;
  /** Shared by all signals and starts of branches of the workflow. */
  readonly pacer: Pacer;
  readonly supervisor: Supervisor;
  /** Counts a message without effect, and shows the reason. */
  readonly ignore: Ignore;
  /** Handles a signal, also of the branch within this workflow. */
  receive<M, T extends M>(signal: SignalDefinition<[M]>, parse: Parser<T>, apply: (message: T) => void): void;
  /** Lets the branch within this workflow send a signal that has its handler already. */
  hear(signal: string, door: Door): void;
  /** The receivers within this workflow by workflow id: the run, and its branch while it is here. */
  readonly receivers: Map<string, Doors>;
  readonly human: Human;
  /** The questions as items of the inbox. */
  readonly items: Items;
  /** Ends the run: cancelled or timed out. */
  readonly stop: Stop;
  /** Records an event of the run, and notifies the webhooks that want it. */
  tell(entry: NewEntry): void;
  readonly notifier: Notifier;
  /** Branches whose agent is suspended, each with the reason that the agent gave; null: none. */
  readonly suspended: Map<string, string | null>;
  paused: boolean;
  cancelled: boolean;
  /** Who cancelled it; null if the command did not say so. */
  cancelledBy: GivenBy | null;
  /** Accepted commands, to recognise repeated request ids. */
  requests: readonly RequestMark[];
  readonly result: RunResult | null;
  /** Number of changes so far. A caller that waits for a change compares it. */
  readonly version: number;
  changed(): void;
  /** Merges records of branches. */
  learn(records: readonly LiveBranchRecord[]): void;
  /** The run waits at the barrier of its first branches, which `look` shows, until it calls the returned function. */
  barrierBegan(look: () => OpenBarrier): () => void;
  /** Stores the progress of the undo of its turns. */
  undone(record: CompensationRecord): void;
  /** Stores the result. */
  end(result: RunResult, log: BranchLog): void;
  /** Whether its clock runs: not while it is paused, and not while all open branches wait for a human or a suspended agent. */
  isTimed(): boolean;
  view(): RunView;
}

/** Begins the run. Throws `InvalidFleet` when the topology is not valid. */
export function beginRun(input: RunInput): RunLife {
  const branches = new Map<string, LiveBranchRecord>();
  const suspended = new Map<string, string | null>();
  let result: RunResult | null = null;
  let endedAt: string | null = null;
  let finished: readonly LiveBranchRecord[] = [];
  let compensation: CompensationRecord | null = null;
  let lookAtBarrier: (() => OpenBarrier) | null = null;
  let version = 0;
  let isShowing = false;
  let ignored = NOTHING_IGNORED;
  const supervisor = createSupervisor(() => {
    show(life.view());
  });
  const pacer = createPacer();
  const name = `${input.fleet}/${input.run}`;
  const startedBy = input.by === undefined ? {} : { startedBy: originText(input, '') };
  const log = createLog();
  const notifier = createNotifier(supervisor);
  const branchNews = createBranchNews(supervisor, (moved) => {
    life.tell(branchesMoved(name, moved));
    tellLists();
  });
  const human = createHuman(
    input.script ?? null,
    { now: stampMs, schedule: (ms, act) => startTimer(supervisor, ms, act, 'human') },
    () => {
      life.changed();
    },
    {
      times: inboxTimes(input.inbox ?? {}),
      tell(news, asked) {
        life.items.tell(news, asked);
        if (news === 'expired' && asked.onDeadline !== 'hold') life.items.end(asked.number, 'expired');
      },
    },
  );
  const { workflowId } = workflowInfo();
  const own = new Map<string, Door>();
  const receivers = new Map<string, Doors>([[workflowId, own]]);
  const waiting = (): ReadonlySet<string> =>
    new Set([...suspended.keys(), ...human.waiting().map(({ question }) => question.branch)]);

  const used = (): Usage | undefined =>
    result === null ? sumOfUsage([...branches.values()].map(({ usage }) => usage)) : result.usage;
  /** At each change of a small run; of a large one with each event of branches, once a second, and at its end. */
  const tellLists = (): void => {
    const usage = used();
    if (usage !== undefined) tellUsage(usage);
  };

  const show = (view: RunView): void => {
    const lines = [runCard(view, suspended), ...troubleLines(view.troubles ?? []), ...ignoredLines(ignored)];
    setCurrentDetails(lines.join('\n'));
    ensureKeywords({ DroverRunState: view.state });
    if (branches.size <= SMALL_RUN) tellLists();
    life.items.mark();
  };

  const life: RunLife = {
    workflowId,
    input,
    topology: { ...mustCompile(input.topology, 'InvalidFleet'), ...(input.services && { services: input.services }) },
    outbox: handingOver(createOutbox(supervisor, withinTheTask, pacer), (id) => receivers.get(id), supervisor),
    receivers,
    receive(signal, parse, apply) {
      life.hear(signal.name, receive(signal, parse, apply, life.ignore));
    },
    hear(signal, door) {
      own.set(signal, door);
    },
    pacer,
    supervisor,
    ignore(what, why) {
      ignored = addIgnored(ignored, what, why, isoNow());
      life.changed();
    },
    human,
    get items() {
      return items;
    },
    stop: createStop(),
    tell(entry) {
      for (const recorded of log.record(entry)) notifier.raise(input.notify, recorded);
    },
    notifier,
    suspended,
    paused: false,
    cancelled: false,
    cancelledBy: null,
    requests: [],
    get result() {
      return result;
    },
    get version() {
      return version;
    },
    changed() {
      version += 1;
      if (isShowing) return;
      isShowing = true;
      // Shows all changes of one workflow task at once.
      supervisor.keep('collect changes of the run', async () => {
        await Promise.resolve();
        isShowing = false;
        supervisor.attempt('show the run', () => {
          show(life.view());
        });
      });
    },
    learn(records) {
      for (const record of records) {
        const known = branches.get(record.id);
        const now = newer(known, record);
        branches.set(record.id, now);
        if (hasMoved(known, now)) branchNews.moved(now);
      }
      life.changed();
    },
    barrierBegan(look) {
      lookAtBarrier = look;
      return () => (lookAtBarrier = null);
    },
    undone(record) {
      compensation = record;
      life.changed();
    },
    end(outcome, { times }) {
      result = outcome;
      endedAt = isoNow();
      finished = endedBranches(outcome.branches, times, branches, isoNow());
      branchNews.flush();
      tellLists();
      life.tell(runEnded(name, outcome, life.cancelled ? (life.cancelledBy ?? {}) : null));
      life.changed();
    },
    isTimed() {
      if (life.paused) return false;
      const standing = waiting();
      if (standing.size === 0) return true;
      const leaves = openLeaves(branches);
      return leaves.length === 0 || leaves.some((id) => !standing.has(id));
    },
    view() {
      const open = human.waiting()[0];
      const question = open && {
        question: open.question.question,
        agent: open.question.agent,
        branch: open.question.branch,
        since: new Date(open.since).toISOString(),
      };
      return runViewWithin({
        fleet: input.fleet,
        run: input.run,
        state: stateOf(life),
        question: question ?? null,
        result,
        ...usageField(used()),
        branches: result === null ? shownBranches(branches, waiting()) : finished,
        ...rootBarrier(lookAtBarrier?.() ?? null),
        compensation: undoOf(compensation),
        task: input.task,
        startedAt: workflowInfo().startTime.toISOString(),
        endedAt,
        ...startedBy,
        ...(input.script === undefined ? {} : { scripted: true }),
        ...troublesOf(supervisor.troubles()),
      });
    },
  };
  const items = createItems(life);
  return life;
}

function undoOf(record: CompensationRecord | null): RunView['compensation'] {
  if (record === null) return null;
  const { state, attempt, entries, audit } = record;
  return { state, attempt, entries: withShares(entries), audit };
}

function stateOf({ result, cancelled, paused }: RunLife): RunView['state'] {
  if (cancelled) return 'cancelled';
  if (result !== null) return result.success ? 'completed' : 'failed';
  return paused ? 'paused' : 'running';
}

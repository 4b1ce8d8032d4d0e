/** A branch as seen from outside: its view, its card, and its record in the run. */
import type { BranchRecord, BranchView, LiveBranchRecord } from '../../contract/run';
import type { SourceFailure } from '../../contract/agent/turns';
import type { BranchResult, BranchState } from '../../rules/coordination/state';
import { usageField } from '../../rules/lib/turn/usage';
import type { BranchLife } from './life';

/** Follows the progress of one branch. */
export interface BranchWatch {
  /** The branch is about to take a turn. */
  moved(state: BranchState): void;
  /** The turn has ended. Following its reply may take long. */
  turnTaken(): void;
  /** A child branch has ended. */
  childEnded(result: BranchResult): void;
  ended(result: BranchResult): void;
  view(waitingFor: BranchView['waitingFor'], running: number): BranchView;
  record(outcome: 'running' | 'waiting'): LiveBranchRecord;
  /** Markdown for Temporal's Web UI. */
  card(view: BranchView): string;
}

/** Create one per branch. */
export function createWatch(life: BranchLife): BranchWatch {
  const { context } = life;
  let state = life.start;
  let end: BranchRecord | undefined;
  let arrived: string[] = [];
  let failed: SourceFailure[] = [];
  return {
    moved(next) {
      state = next;
      arrived = [];
      failed = [];
    },
    turnTaken() {
      state = { ...state, turns: state.turns + 1 };
    },
    childEnded({ contributions, failure }) {
      arrived.push(...contributions.filter(({ to }) => to === state.agent).map(({ from }) => from));
      if (failure) failed.push(failure);
    },
    ended({ branch, branches }) {
      end = branches.find(({ id }) => id === branch);
    },
    view: (waitingFor, running) => ({
      fleet: context.fleet,
      run: context.run,
      branch: context.branch,
      agent: state.agent,
      state: end?.outcome ?? (life.paused ? 'paused' : 'running'),
      turns: end?.turns ?? state.turns,
      waitingFor,
      barrier: running === 0 ? null : { arrived, failed, running },
    }),
    record: (live) => ({
      id: context.branch,
      parent: context.parent,
      agents: state.identities,
      turns: state.turns,
      outcome: live,
      error: null,
      ...usageField(state.usage),
      startedAt: life.startedAt,
      endedAt: null,
    }),
    card: ({ branch, agent, state: how, turns, waitingFor, barrier }) =>
      [
        `**Branch ${branch}** as **${agent}**: ${how}${waitingFor === null ? '' : `, waits for ${waitingFor}`}`,
        `- turns: ${String(turns)}, identities: ${state.identities.join(' → ')}`,
        ...(barrier === null
          ? []
          : [
              `- barrier: ${String(barrier.running)} running, arrived ${list(arrived)}, failed ${list(failed.map(({ from }) => from))}`,
            ]),
      ].join('\n'),
  };
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

/** A branch as seen from outside: its view, its card, and its record in the run. */
import type { BranchRecord, BranchView, LiveBranchRecord } from '../../contract/run';
import type { OpenBarrier } from '../../contract/run/barrier';
import type { BranchResult, BranchState } from '../../rules/coordination/state';
import { usageField } from '../../rules/lib/turn/usage';
import type { BranchLife } from './life';

/** Follows the progress of one branch. */
export interface BranchWatch {
  /** The branch is about to take a turn. */
  moved(state: BranchState): void;
  /** The turn has ended. Following its reply may take long. */
  turnTaken(): void;
  /** The branch waits at a barrier, which `look` shows, until it calls the returned function. */
  barrierBegan(look: () => OpenBarrier): () => void;
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
  let lookAtBarrier: (() => OpenBarrier) | null = null;
  return {
    moved(next) {
      state = next;
    },
    turnTaken() {
      state = { ...state, turns: state.turns + 1 };
    },
    barrierBegan(look) {
      lookAtBarrier = look;
      return () => (lookAtBarrier = null);
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
      running,
      barrier: lookAtBarrier?.() ?? null,
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
              `- barrier: ${String(barrier.open)} open, arrived ${list(barrier.arrived)}, failed ${list(barrier.failed.map(({ from }) => from))}, ${String(barrier.needed)} needed`,
            ]),
      ].join('\n'),
  };
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

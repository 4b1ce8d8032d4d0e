/** The effects of a branch that the coordination rules need. */
import { condition } from '@temporalio/workflow';
import { SIZE_LIMITS } from '../../contract/agent/turns';
import type { BranchLog, CarriedBranch, TracedTurn } from '../../rules/run/branch-input';
import { type Effects, Stopped } from '../../rules/coordination/effects';
import { createReach } from '../../rules/topology/reach';
import type { BranchParts } from './messages';
import { type BranchProgress, isWorthTelling } from './progress';
import { continueAsNewDue } from '../shared/continue-as-new';
import { stampMs } from '../shared/iso-now';
import { startTimer } from '../shared/timer';

/** Leaves a workflow with a long history between two turns. It never returns: the branch goes on elsewhere from what it carries. */
export type Leave = (carried: CarriedBranch) => Promise<never>;

/** The effects of one branch. */
export interface BranchEffects {
  readonly effects: Effects;
  /** The log of this branch's turns and of all ended branches below it. */
  readonly log: () => BranchLog;
}

/** Create one per branch. */
export function createEffects(parts: BranchParts, progress: BranchProgress, leave: Leave): BranchEffects {
  const { life, turns, questions, family, watch } = parts;
  const { stop, options } = life;
  const trace: TracedTurn[] = [];

  const log = (): BranchLog => ({
    times: [...life.log.times, ...family.log().times],
    trace: [...life.log.trace, ...trace, ...family.log().trace],
  });
  const effects: Effects = {
    reach: createReach(life.context.topology),
    sizes: SIZE_LIMITS,
    now: stampMs,
    onStop: (then) => stop.onStop(then),
    startTimer: (ms, then) => startTimer(life.supervisor, ms, then, 'barrier timeout'),
    watchBarrier: (look) => watch.barrierBegan(look),
    startBranch: (context) => family.start(context),
    ask: (question) => questions.ask(question),
    async takeTurn(request, timeoutMs) {
      const taken = await turns.take(request, timeoutMs);
      watch.turnTaken();
      const { turnId, branch: id, agent, input } = request;
      if (options.trace && 'reply' in taken) {
        const { reply, replica } = taken;
        trace.push({ turnId, branch: id, agent, ...(replica && { replica }), input, reply, at: stampMs() });
      }
      return taken;
    },
    async betweenTurns(state) {
      watch.moved(state);
      parts.show();
      if (isWorthTelling(state.turns + 1)) progress.tell(watch.record('running'));
      if (life.paused) await condition(() => !life.paused || stop.reason() !== null);
      const reason = stop.reason();
      if (reason !== null) throw new Stopped(reason);
      // Branches that no barrier waits for may still run, and the next run of this workflow would not receive their ends.
      if (!continueAsNewDue(options.continueAfterEvents ?? undefined) || family.open() > 0) return;
      await leave({ state, startedAt: life.startedAt, ...log() });
    },
  };
  return { effects, log };
}

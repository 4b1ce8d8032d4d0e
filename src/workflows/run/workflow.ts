/** Workflow `run`: one task over a topology (docs/coordination.md). */
import { CancellationScope, allHandlersFinished, condition, workflowInfo } from '@temporalio/workflow';
import { DroverError } from '../../contract/errors';
import { runWorkflowId } from '../../contract/names';
import type { RunResult, TraceEntry } from '../../contract/run';
import { SIZE_LIMITS } from '../../contract/agent/turns';
import type { BranchLog } from '../../rules/run/branch-input';
import type { Effects } from '../../rules/coordination/effects';
import { runTask } from '../../rules/coordination/run';
import { RUN_INPUT } from '../../rules/run/migrate';
import { byField } from '../../rules/lib/origin';
import { runResultWithin } from '../../rules/run/view';
import { isWhole, parseRunStart } from '../../rules/run/scenario';
import { createReach } from '../../rules/topology/reach';
import { type Family, createFamily } from '../branch/family';
import { runTime } from './clock';
import { type RunLife, beginRun } from './life';
import { cancelRun } from './commands';
import { withPlan } from './plan';
import { handleRunMessages } from './messages';
import { type RootBranch, createRoot } from './root';
import { type ScriptedAgents, createScriptedAgents } from './script';
import { undoTurns } from './undo';
import { translating } from '../shared/failures';
import { stampMs } from '../shared/iso-now';
import { recordRun } from '../shared/metrics';
import { migrated } from '../shared/migrated';
import { requireOwnId } from '../shared/own-id';
import { ensureKeywords } from '../shared/search-attributes';
import { startTimer } from '../shared/timer';

/** Runs a task to its result. A task that fails is a result too; the workflow fails only for an invalid input. */
export async function run(argument: unknown): Promise<RunResult> {
  const current = migrated(RUN_INPUT, argument);
  const start = translating(() => parseRunStart(current, 'input'));
  requireOwnId(runWorkflowId(start.fleet, start.run));
  const input = isWhole(start) ? start : await withPlan(start);
  const life = translating(() => beginRun(input));
  CancellationScope.current().cancelRequested.catch(() => {
    life.supervisor.attempt('stop after a cancellation', () => {
      cancelRun(life, 'cancelled');
    });
  });
  return CancellationScope.nonCancellable(async () => {
    const { fleet, run: name, task, script } = life.input;
    ensureKeywords({ DroverFleet: fleet, DroverRunState: life.view().state });
    const scripted = script === undefined ? null : createScriptedAgents(life, script);
    const family = familyOf(life, createRoot(life));
    life.tell({
      type: 'run.started',
      data: { run: `${fleet}/${name}`, ...byField(life.input), scripted: scripted !== null },
    });
    handleRunMessages(life, family, scripted);
    life.supervisor.keep('enforce the timeout of the run', runTime(life));
    const { result, undos } = await runTask(
      { fleet, run: name, task, topology: life.topology },
      effectsOf(life, family),
    );
    const log = family.log();
    const whole = runResultWithin(life.input.trace === true ? { ...result, trace: traceOf(scripted, log) } : result);
    life.end(whole, log);
    recordRun(fleet, life.view().state, stampMs() - workflowInfo().startTime.getTime());
    if (!whole.success) await undoTurns(life, undos, whole.error ?? 'it failed');
    await condition(
      () =>
        life.outbox.pending() + life.pacer.pending() === 0 && life.notifier.pending() === 0 && allHandlersFinished(),
    );
    return whole;
  });
}

function familyOf(life: RunLife, { within }: RootBranch): Family {
  const { script, trace, continueAfterEvents, mostEvents } = life.input;
  const scripted = script !== undefined;
  return createFamily({
    options: {
      scripted,
      trace: trace === true && !scripted,
      continueAfterEvents: continueAfterEvents ?? null,
      mostEvents: mostEvents ?? null,
    },
    outbox: life.outbox,
    pacer: life.pacer,
    supervisor: life.supervisor,
    isPaused: () => life.paused,
    within,
    onChange(record) {
      life.learn([record]);
    },
  });
}

function effectsOf(life: RunLife, family: Family): Effects {
  const notHere = () => Promise.reject(new DroverError('Internal', 'only branches take turns and ask questions'));
  return {
    reach: createReach(life.topology),
    sizes: SIZE_LIMITS,
    now: stampMs,
    onStop: (then) => life.stop.onStop(then),
    startTimer: (ms, then) => startTimer(life.supervisor, ms, then, 'barrier timeout'),
    watchBarrier: (look) => life.barrierBegan(look),
    startBranch: (context) => family.start(context),
    takeTurn: notHere,
    ask: notHere,
    betweenTurns: notHere,
  };
}

/** A scripted run sees every reply itself. Otherwise the branches log their turns, and this sorts them by time. */
function traceOf(scripted: ScriptedAgents | null, { trace }: BranchLog): readonly TraceEntry[] {
  if (scripted !== null) return scripted.trace();
  return [...trace].sort((a, b) => a.at - b.at).map(({ at: _, ...entry }) => entry);
}

/** A user's own workflows, on a task queue and with a payload converter of their own. */
import { ApplicationFailure } from '@temporalio/common';
import {
  agentSignals,
  type PauseOptions,
  type RunResult,
  type RunTaskOptions,
  runTask,
  signalAgent,
} from '../../../src/workflow-api';

export interface Asked {
  readonly fleet: string;
  readonly task: unknown;
  readonly options: RunTaskOptions;
}

/** The result of a run. */
export async function task({ fleet, task: asked, options }: Asked): Promise<RunResult> {
  return runTask(fleet, asked, options);
}

/** How a run that cannot start is refused. */
export async function refusal({ fleet, task: asked, options }: Asked): Promise<object> {
  return refusing(() => runTask(fleet, asked, options));
}

export interface Paused {
  readonly fleet: string;
  readonly agent: string;
  readonly options: PauseOptions;
}

/** Pauses an agent, and says whether it was there. */
export async function pausing({ fleet, agent, options }: Paused): Promise<object> {
  return refusing(() => signalAgent(fleet, agent, agentSignals.pause, options));
}

async function refusing(work: () => Promise<unknown>): Promise<object> {
  try {
    await work();
    return { done: true };
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error;
    const { type, message, nonRetryable } = error;
    return { type, message, nonRetryable };
  }
}

/** Many resumes of one agent at once, from one process and from four. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { DroverClient } from '../../../src/client';
import type { AgentView } from '../../../src/contract/agent';
import type { TestEnv } from '../../support/env';
import { withAgents } from './harness';
import { type Outcomes, resumeAtOnce } from './resumes';

const PROCESSES = 4;

/** Their results, their duration, and the states of the agent during that time. */
export interface Race {
  readonly outcomes: Outcomes;
  readonly tookMs: number;
  readonly seen: readonly string[];
  readonly providerCalls: number;
}

/** The states between a pause and the resume that was accepted: nothing else may ever be seen. */
export const BETWEEN = ['paused paused operator', 'running paused', 'running running'];

/** Asks for the agent's view until stopped, one query after the other. */
function watching(view: () => Promise<AgentView>): { readonly seen: Set<string>; readonly stop: () => Promise<void> } {
  const seen = new Set<string>();
  let isOver = false;
  const watched = (async () => {
    while (!isOver) {
      const { status, runtime, holds } = await view();
      seen.add(`${status} ${runtime} ${holds.map(({ name }) => name).join()}`.trim());
    }
  })();
  return {
    seen,
    stop: () => {
      isOver = true;
      return watched;
    },
  };
}

/** Sends so many resumes to a paused agent, from so many processes. */
export async function race(env: TestEnv, resumes: number, from: 'one process' | 'four processes'): Promise<Race> {
  const results: Race[] = [];
  await withAgents(env, async (world) => {
    const agent = await world.start();
    await agent.ready();
    await agent.send('pause');
    const drover = DroverClient.over(env.client, world.taskQueue);
    const { seen, stop } = watching(() => drover.agents.describe({ fleet: world.fleet, agent: agent.name }));
    const began = performance.now();
    const outcomes = await (from === 'one process'
      ? resumeAtOnce(drover, world.fleet, agent.name, resumes)
      : fromProcesses([env.address, world.fleet, agent.name, String(resumes / PROCESSES)]));
    const tookMs = performance.now() - began;
    await stop();
    results.push({ outcomes, tookMs, seen: [...seen], providerCalls: world.provider.count('continueResource') });
  });
  const [result] = results;
  if (!result) throw new Error('the race was not run');
  return result;
}

async function fromProcesses(args: readonly string[]): Promise<Outcomes> {
  const processes = Array.from({ length: PROCESSES }, () => {
    const script = ['-r', join(__dirname, '../../support/register-ts.cjs'), join(__dirname, 'resumes.ts')];
    const child = spawn(process.execPath, [...script, ...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const next = () => new Promise<unknown>((resolve) => child.once('message', resolve));
    return { child, next, ready: next() };
  });
  await Promise.all(processes.map(({ ready }) => ready));
  const told = await Promise.all(
    processes.map(({ child, next }) => {
      const answer = next() as Promise<Outcomes>;
      child.send('now');
      return answer;
    }),
  );
  const all: Record<string, number> = {};
  for (const outcomes of told)
    for (const [outcome, count] of Object.entries(outcomes)) all[outcome] = (all[outcome] ?? 0) + count;
  return all;
}

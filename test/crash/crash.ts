/** One run of the crash matrix: a change is broken at a point, what is there afterwards is compared with what the fleet owns. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DroverClient } from '../../src/client';
import type { AgentSpec } from '../../src/contract/agent';
import { DroverError } from '../../src/contract/errors';
import type { ChangeView, FleetSpec, FleetView } from '../../src/contract/fleet';
import { provisionWorkflowId } from '../../src/contract/names';
import { until } from '../../src/lib/until';
import type { Provider } from '../../src/providers/provider';
import type { Running } from '../cli/commands/drover';
import { AGENTS, type Point, type Scenario } from './points';

/** The processes to kill, those that return, and their state as seen from outside. */
export interface Site {
  /** The host and port of Temporal. */
  readonly address: string;
  readonly client: DroverClient;
  /** The provider as one more worker would have it. */
  readonly provider: Provider;
  /** The file that arms the preload of everything that `start` starts. */
  readonly pointFile: string;
  /** Starts, or starts again, what may be killed. */
  start(): Promise<Running>;
  /** Instances that really run. */
  instances(): Promise<number>;
  /** An agent that beats; a wrong one cannot be started. */
  agent(name: string, variant: 'right' | 'wrong' | 'another'): AgentSpec;
}

/** What came of a run; no `problems`: the providers hold exactly what the fleet owns. */
export interface Outcome {
  readonly point: Point;
  readonly state: ChangeView['state'];
  readonly held: number;
  readonly seconds: number;
  readonly problems: readonly string[];
}

/** A lost worker is noticed after 10 s, a workflow task that it had after another 10 s. */
const PATIENCE_MS = 120_000;

const NAMES = Array.from({ length: AGENTS }, (_, index) => `A${String(index + 1)}`);

/** How a change must end: it goes on after a crash, and is taken back without its workflow. */
function expectedEnd({ scenario, how }: Point): ChangeView['state'] {
  return how === 'terminate' || scenario === 'undo' ? 'rolled_back' : 'done';
}

function specOf(site: Site, scenario: Scenario): FleetSpec {
  if (scenario === 'undo')
    return { agents: NAMES.map((name) => site.agent(name, name === `A${String(AGENTS)}` ? 'wrong' : 'right')) };
  if (scenario === 'create') return { agents: NAMES.map((name) => site.agent(name, 'right')) };
  const kept = NAMES.slice(2).map((name) => site.agent(name, ['A3', 'A4'].includes(name) ? 'another' : 'right'));
  return { agents: [...kept, site.agent('B1', 'right'), site.agent('B2', 'right')] };
}

/** Breaks a change at the point, waits for its end, compares, puts the fleet right, compares, destroys it, compares. */
export async function crash(site: Site, fleet: string, point: Point): Promise<Outcome> {
  let running = await site.start();
  if (point.scenario === 'change') await applied(site.client, fleet, specOf(site, 'create'));
  const began = performance.now();
  const spec = specOf(site, point.scenario);
  const revision = point.scenario === 'change' ? 2 : 1;
  const workflowId = provisionWorkflowId(fleet, revision);
  writeFileSync(site.pointFile, JSON.stringify({ ...point, address: site.address, workflowId }));
  await site.client.fleets.apply(fleet, { spec });
  if (point.how === 'kill') {
    const killed = await within(running.ended, 'the process is killed');
    if (killed.code !== 137) throw new Error(`it ended with ${String(killed.code)}: ${killed.stderr}`);
    running = await site.start();
  }
  const problems: string[] = [];
  const changeId = `${(await site.client.fleets.describe(fleet)).incarnation}.${String(revision)}`;
  const { state, error } = await site.client.fleets.follow(fleet, { changeId, revision }, { timeoutMs: PATIENCE_MS });
  if (state !== expectedEnd(point)) problems.push(`the change ended as ${state}: ${error ?? 'without an error'}`);
  const held = (await site.provider.list()).length;
  problems.push(...(await differences(site, fleet, 'after the crash', false)));
  const seconds = (performance.now() - began) / 1_000;

  const right = specOf(site, point.scenario === 'undo' ? 'create' : point.scenario);
  await applied(site.client, fleet, right);
  problems.push(...(await differences(site, fleet, 'after another apply', true)));
  const { changeId: last, revision: lastRevision } = await site.client.fleets.destroy(fleet);
  await site.client.fleets.follow(fleet, { changeId: last ?? '', revision: lastRevision }, { timeoutMs: PATIENCE_MS });
  problems.push(...(await differences(site, fleet, 'after destroy', true)));
  running.process.kill('SIGKILL');
  await running.ended;
  return { point, state, held, seconds, problems };
}

async function applied(client: DroverClient, fleet: string, spec: FleetSpec): Promise<void> {
  const { changeId, revision } = await client.fleets.apply(fleet, { spec });
  if (changeId === null) return;
  const { state, error } = await client.fleets.follow(fleet, { changeId, revision }, { timeoutMs: PATIENCE_MS });
  if (state !== 'done') throw new Error(`revision ${String(revision)} of ${fleet} ended as ${state}: ${error ?? ''}`);
}

/** What the providers hold against what the fleet owns, and that no agent runs twice; `allRun`: each runs once. */
export async function differences(site: Site, fleet: string, when: string, allRun: boolean): Promise<string[]> {
  const view = await site.client.fleets.describe(fleet).catch(gone);
  const owned = Object.values(view?.agents ?? {}).map(({ resourceId }) => resourceId ?? 'unknown');
  const held = (await site.provider.list()).map(({ resourceId }) => resourceId);
  const instances = await site.instances();
  const problems: string[] = [];
  if (owned.sort().join() !== held.sort().join()) problems.push(`owned [${owned.join()}], held [${held.join()}]`);
  if (allRun ? instances !== held.length : instances > held.length) {
    problems.push(`${String(instances)} instances of ${String(held.length)} agents`);
  }
  return problems.map((problem) => `${when}: ${problem}`);
}

function gone(error: unknown): FleetView | null {
  if (error instanceof DroverError && error.code === 'FleetNotFound') return null;
  throw error;
}

async function within<T>(work: Promise<T>, what: string): Promise<T> {
  let result: { readonly value: T } | undefined;
  void work.then((value) => (result = { value }));
  const done = await until(() => result, PATIENCE_MS);
  if (done) return done.value;
  throw new Error(`never happened: ${what}`);
}

/** Where a run keeps its point, in a folder of its own. */
export function pointFileIn(folder: string): string {
  return join(folder, 'point.json');
}

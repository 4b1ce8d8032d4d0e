/** One run of the crash matrix: a change is broken at a point, what is there afterwards is compared with what the fleet owns. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DroverClient } from '../../src/client';
import type { AgentSpec } from '../../src/contract/agent';
import { DroverError } from '../../src/contract/errors';
import type { ApplyResult, ChangeView, FleetSpec, FleetView } from '../../src/contract/fleet';
import { provisionWorkflowId } from '../../src/contract/names';
import { until } from '../../src/lib/until';
import type { Provider } from '../../src/providers/provider';
import type { Running } from '../cli/commands/drover';
import { AGENTS, type Point, type Scenario } from './points';

/** Variants of an agent. */
export type Variant = 'right' | 'wrong' | 'another' | 'silent';

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
  /** An agent that beats; a wrong one cannot be started, a silent one does not beat. */
  agent(name: string, variant: Variant): AgentSpec;
}

/** The outcome of a run; no `problems`: the providers hold exactly what the fleet owns. */
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

const SILENT = `A${String(AGENTS)}`;

function specOf(site: Site, scenario: Scenario): FleetSpec {
  const last = { undo: 'wrong', cancel: 'silent' } as const;
  if (scenario === 'undo' || scenario === 'cancel')
    return { agents: NAMES.map((name) => site.agent(name, name === SILENT ? last[scenario] : 'right')) };
  if (scenario !== 'change') return { agents: NAMES.map((name) => site.agent(name, 'right')) };
  const kept = NAMES.slice(2).map((name) => site.agent(name, ['A3', 'A4'].includes(name) ? 'another' : 'right'));
  return { agents: [...kept, site.agent('B1', 'right'), site.agent('B2', 'right')] };
}

type Named = Pick<ApplyResult, 'changeId' | 'revision'>;

/** How a scenario is brought about, and how it must end. */
interface Course {
  /** Makes the fleet ready, before the point is armed. */
  prepare(site: Site, fleet: string): Promise<unknown>;
  /** The request of the scenario. */
  ask(site: Site, fleet: string): Promise<Named | null>;
  /** The state of the change; null: the fleet's hold has reached every agent, or none has it. */
  readonly end: ChangeView['state'] | null;
}

const nothing = async (): Promise<void> => undefined;
const eight = (site: Site, fleet: string): Promise<void> => applied(site.client, fleet, specOf(site, 'create'));
const changing = (scenario: Scenario, prepare: Course['prepare'], end: ChangeView['state']): Course => ({
  prepare,
  ask: (site, fleet) => site.client.fleets.apply(fleet, { spec: specOf(site, scenario) }),
  end,
});

/** The end of each scenario: it goes on after a crash. */
const COURSES: Readonly<Record<Scenario, Course>> = {
  create: changing('create', nothing, 'done'),
  undo: changing('undo', nothing, 'rolled_back'),
  change: changing('change', eight, 'done'),
  hold: {
    prepare: eight,
    ask: async (site, fleet) => {
      await site.client.fleets.pause(fleet, {}, { timeoutMs: PATIENCE_MS });
      return null;
    },
    end: null,
  },
  release: {
    prepare: async (site, fleet) => {
      await eight(site, fleet);
      await site.client.fleets.pause(fleet, {}, { timeoutMs: PATIENCE_MS });
      await allAgents(site, fleet, 'paused');
    },
    ask: async (site, fleet) => {
      await site.client.fleets.resume(fleet, {}, { timeoutMs: PATIENCE_MS });
      return null;
    },
    end: null,
  },
  cancel: {
    prepare: async (site, fleet) => {
      const change = await site.client.fleets.apply(fleet, { spec: specOf(site, 'cancel') });
      await within(changeUntil(site, fleet, change.revision), 'all but the silent one are ready');
    },
    ask: (site, fleet) => site.client.fleets.cancel(fleet),
    end: 'rolled_back',
  },
  forget: {
    prepare: eight,
    ask: (site, fleet) => site.client.fleets.destroy(fleet, { forget: true }),
    end: 'done',
  },
};

async function changeUntil(site: Site, fleet: string, revision: number): Promise<void> {
  const isReady = async () => {
    const { change } = await site.client.fleets.describe(fleet);
    const { items } = await site.client.agents.list({ fleet, liveness: 'ready' });
    return (change?.revision === revision && items.length === AGENTS - 1) || undefined;
  };
  await until(isReady, PATIENCE_MS);
}

/** Waits until every agent has the status, as its own workflow says, and its provider the same. */
async function allAgents(site: Site, fleet: string, status: 'paused' | 'running'): Promise<void> {
  const isSo = async () => {
    // As users do: a query whose worker is killed is asked again.
    const views = await Promise.all(
      NAMES.map((agent) => site.client.agents.describe({ fleet, agent }, { timeoutMs: PATIENCE_MS })),
    );
    return views.every((view) => view.status === status && view.runtime === status) || undefined;
  };
  if (!(await until(isSo, PATIENCE_MS))) throw new Error(`not every agent of ${fleet} is ${status}`);
}

/** Breaks a change or a command at the point, waits for its end, compares, puts the fleet right, compares, destroys it, compares. */
export async function crash(site: Site, fleet: string, point: Point): Promise<Outcome> {
  let running = await site.start();
  const course = COURSES[point.scenario];
  await course.prepare(site, fleet);
  const began = performance.now();
  const workflowId = provisionWorkflowId(fleet, point.scenario === 'change' ? 2 : 1);
  writeFileSync(site.pointFile, JSON.stringify({ ...point, address: site.address, workflowId }));
  const asked = course.ask(site, fleet);
  if (point.how === 'kill') {
    // A command is answered by the next worker.
    const [killed] = await Promise.all([within(running.ended, 'the process is killed'), course.end === null || asked]);
    if (killed.code !== 137) throw new Error(`it ended with ${String(killed.code)}: ${killed.stderr}`);
    running = await site.start();
  }
  const problems: string[] = [];
  const change = await asked;
  let state: ChangeView['state'] = 'done';
  if (change === null) await allAgents(site, fleet, point.scenario === 'hold' ? 'paused' : 'running');
  else {
    const named = { changeId: change.changeId ?? '', revision: change.revision };
    const ended = await site.client.fleets.follow(fleet, named, { timeoutMs: PATIENCE_MS });
    ({ state } = ended);
    const expected = point.how === 'terminate' ? 'rolled_back' : course.end;
    if (state !== expected) problems.push(`the change ended as ${state}: ${ended.error ?? 'without an error'}`);
  }
  const held = (await site.provider.list()).length;
  problems.push(...(await differences(site, fleet, 'after the crash', change === null)));
  const seconds = (performance.now() - began) / 1_000;

  if (point.scenario === 'hold') await site.client.fleets.resume(fleet, {}, { timeoutMs: PATIENCE_MS });
  await applied(site.client, fleet, specOf(site, point.scenario === 'change' ? 'change' : 'create'));
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

/** Compares the resources of the providers with those of the fleet, and checks that no agent runs twice; `allRun`: each runs once. */
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

/** What a scale run runs: an engine, two workers, two gateways, and a provider in memory with the agents. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createGatewayActivities } from '../../src/activities/gateway';
import { DroverClient } from '../../src/client';
import { Calls } from '../../src/client/temporal/calls';
import { queues, SEARCH_ATTRIBUTES } from '../../src/contract/names';
import { obtainBinary } from '../../src/dev/obtain';
import { startDevServer } from '../../src/dev/server';
import { MemoryProvider } from '../../test/support/memory-provider';
import { memoryActivities } from '../activities';
import { Callers } from './http';
import { Population } from './population';
import { type Child, startChild } from './processes';
import type { Pids } from './usage';

const PREFIX = 'scale';
const TOKEN = 'scale-operator-token';
const AGENT_SECRET = 'scale-secret';

/** Room in the cache of a worker beside all agents: fleets, changes, leases. Evicted workflows are replayed at each task. */
const OTHERS = 200;

/** An engine that runs already. */
export interface Engine {
  readonly address: string;
  /** Its processes, to be looked at. */
  readonly pids: Pids;
}

/** What the steps act on. */
export interface Site {
  readonly temporal: Client;
  readonly drover: DroverClient;
  readonly callers: Callers;
  readonly population: Population;
  readonly workers: readonly Child[];
  readonly gateways: readonly Child[];
  /** The processes of this run. */
  pids(): Pids;
  /** Where living workers show their metrics. */
  metrics(): readonly string[];
  stop(): Promise<void>;
}

/** Starts everything; the engine too, unless one is given. */
export async function openSite(root: string, agents: number, given: Engine | null): Promise<Site> {
  Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });
  const ends: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const engine = given ?? (await embedded(root, ends));
    const { address } = engine;
    const gateways: Child[] = [];
    const gateway = { address, prefix: PREFIX, token: TOKEN, agentSecret: AGENT_SECRET };
    for (const name of ['gateway 1', 'gateway 2']) gateways.push(await startChild(name, 'gateway', gateway));
    ends.push(...gateways.map((child) => () => child.kill('SIGKILL')));
    const connection = await Connection.connect({ address });
    ends.push(() => connection.close());
    const temporal = new Client({ connection });
    const provider = new MemoryProvider();
    await serveActivities(address, provider, gateways[0]?.url ?? '', ends);
    const bundle = join(root, 'dist/workflow-bundle.js');
    const workers: Child[] = [];
    const worker = { address, prefix: PREFIX, bundle, cached: agents + OTHERS };
    for (const name of ['worker 1', 'worker 2']) workers.push(await startChild(name, 'worker', worker));
    ends.push(...workers.map((child) => () => child.kill('SIGKILL')));
    const callers = new Callers(gateways, TOKEN);
    const population = new Population(agents, provider, callers);
    ends.push(() => population.end());
    return {
      temporal,
      drover: DroverClient.over(temporal, PREFIX),
      callers,
      population,
      workers,
      gateways,
      pids: () => ({
        ...engine.pids,
        ...Object.fromEntries([...workers, ...gateways].map(({ name, pid }) => [name, pid])),
      }),
      metrics: () => workers.filter((child) => child.isRunning()).map(({ url }) => url),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function embedded(root: string, ends: (() => unknown)[]): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-scale-'));
  ends.push(() => {
    rmSync(folder, { recursive: true });
  });
  const server = await startDevServer({
    binary: await obtainBinary('temporal', process.env),
    ui: false,
    // As `drover up` keeps it.
    dbFile: join(folder, 'temporal.db'),
    searchAttributes: SEARCH_ATTRIBUTES,
    logFile: join(folder, 'server.log'),
    supervisor: join(root, 'dist/dev/supervisor.js'),
  });
  ends.push(() => server.stop());
  return { address: server.address, pids: { temporal: server.pid } };
}

/** The provider is in this process, so that a killed worker leaves its agents alive. */
async function serveActivities(
  address: string,
  provider: MemoryProvider,
  gatewayUrl: string,
  ends: (() => unknown)[],
): Promise<void> {
  const native = await NativeConnection.connect({ address });
  ends.push(() => native.close());
  const calls = new Calls(new Client({ connection: native }));
  const worker = await Worker.create({
    connection: native,
    taskQueue: queues.main(PREFIX),
    activities: { ...memoryActivities(provider, calls, 'scale'), ...createGatewayActivities({ gatewayUrl }) },
    shutdownForceTime: '5s',
  });
  const running = worker.run();
  ends.push(() => {
    worker.shutdown();
    return running;
  });
}

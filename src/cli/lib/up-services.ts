/** What `drover up` runs: Temporal, a worker and the gateway, started side by side and stopped in the right order. */
import { join } from 'node:path';
import type { DroverClient } from '../../client';
import type { ConnectionSettings } from '../../client/temporal/connection';
import { environment, type Settings } from '../../config';
import { DroverError } from '../../contract/errors';
import { SEARCH_ATTRIBUTES } from '../../contract/names';
import { startEmbeddedServer } from '../../dev/embedded';
import { obtainBinary } from '../../dev/obtain';
import type { StateDirectory } from '../../dev/state-dir';
import type { UpState } from '../../dev/up-state';
import { say } from './output';
import { Stops } from './stops';

/** Everything that runs, and where. */
export interface Services {
  readonly where: UpState;
  readonly client: DroverClient;
  /** Rejects when one of them has ended by itself. */
  readonly broken: Promise<never>;
  readonly stop: () => Promise<void>;
}

/** Starts everything; what was started is stopped again when a part of it fails. */
export async function startServices(settings: Settings, state: StateDirectory): Promise<Services> {
  const env = environment();
  const stops = new Stops();
  try {
    const binary = await obtainBinary('temporal', env);
    // The server comes up in a process of its own while this one loads Temporal's libraries.
    const [server, [{ installRuntime, startWorker }, { startGateway }, { openLog }, { DroverClient }]] =
      await stops.ofAll([
        startEmbeddedServer(state, { binary, searchAttributes: SEARCH_ATTRIBUTES, notice }),
        Promise.all([
          import('../../worker.js'),
          import('../../server.js'),
          import('../../log.js'),
          import('../../client/index.js'),
        ]),
      ]);
    const connection: ConnectionSettings = { bare: true, address: server.address, namespace: server.namespace };
    const log = openLog(settings.logLevel, join(state.path, 'drover.log'), notice);
    installRuntime(log);
    const [worker, gateway] = await stops.ofAll([
      startWorker({ settings, connection, environment: env }),
      startGateway({ settings, connection, log }),
    ]);
    const client = DroverClient.connect({
      ...connection,
      queuePrefix: settings.queuePrefix,
      specSecrets: settings.specSecrets,
    });
    stops.add(() => client.close());
    const where: UpState = {
      pid: process.pid,
      temporal: server.address,
      namespace: server.namespace,
      gateway: gateway.url,
      webUi: server.webUi,
      tokenFile: state.tokenFile,
    };
    return { where, client, broken: firstToEnd(server.exited, worker.ended), stop: () => stops.run() };
  } catch (error) {
    // Why it could not start says more than why a part of it could not be stopped afterwards.
    await Promise.allSettled([stops.run()]);
    throw error;
  }
}

function notice(sentence: string): void {
  say(`drover: ${sentence}`);
}

async function firstToEnd(server: Promise<string>, worker: Promise<void>): Promise<never> {
  const why = await Promise.race([server, worker.then(() => 'the worker has stopped')]);
  throw new DroverError('Unavailable', `${why}; drover up ends, and the agents run on: drover up gets them back`);
}

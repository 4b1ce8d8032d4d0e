/**
 * The services of `drover up`: Temporal, a worker and the gateway, started in parallel and stopped
 * in reverse order.
 */
import { join } from 'node:path';
import type { DroverClient } from '../../client';
import type { ConnectionSettings } from '../../client/temporal/connection';
import { environment, type Settings } from '../../config';
import { DroverError } from '../../contract/errors';
import { SEARCH_ATTRIBUTES } from '../../contract/names';
import { approveReferences } from '../../dev/approved-references';
import { startEmbeddedServer } from '../../dev/embedded';
import { obtainBinary } from '../../dev/obtain';
import type { StateDirectory } from '../../dev/state-dir';
import type { UpState } from '../../dev/up-state';
import { say } from './output';
import { Stops } from './stops';

/** The running services and their addresses. */
export interface Services {
  readonly where: UpState;
  readonly client: DroverClient;
  /** Rejects when one of them ends by itself. */
  readonly broken: Promise<never>;
  readonly stop: () => Promise<void>;
}

/** Starts everything; stops what has started when a part of it fails. */
export async function startServices(settings: Settings, state: StateDirectory): Promise<Services> {
  const env = environment();
  const stops = new Stops();
  try {
    const binary = await obtainBinary('temporal', env, notice);
    // The server starts in its own process while this one loads Temporal's libraries.
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
    installRuntime(log, settings.metrics);
    const [worker, gateway] = await stops.ofAll([
      startWorker({ settings, connection, environment: env }),
      startGateway({ settings, connection, log, databaseDir: state.path, webUi: server.webUi }),
    ]);
    const client = DroverClient.connect({
      ...connection,
      queuePrefix: settings.queuePrefix,
      specSecrets: settings.specSecrets,
      approveReferences: (references) => {
        approveReferences(state.path, references);
      },
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
    // The reason why the start failed says more than the reason why a part could not be stopped.
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

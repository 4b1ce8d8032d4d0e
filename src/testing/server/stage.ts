/** A server with Drover's workers for one test, and the replay of everything that ran on it. */
import type { Environment } from '../../dev/binaries';
import { obtainBinary } from '../../dev/obtain';
import { DroverError } from '../../contract/errors';
import { messageOf } from '../../contract/text';
import { type Connected, connect } from './connect';
import { collectHistories, type RecordedHistory } from './histories';
import { type WorkflowCode, workflowCode } from '../../hosting/workflow-code';
import { replayProblems, taskProblems } from './replay';
import { startTimeSkipping, type TimeSkippingServer } from './time-skipping';
import { startWorkers, type TestWorkers } from './workers';

/** Parts of this package that a test of this package may replace. */
export interface StageParts {
  readonly environment: Environment;
  readonly code?: WorkflowCode;
  /** The compiled supervisor. */
  readonly supervisor?: string;
}

/** The prefix of a test's task queues; its server is its own. */
export const PREFIX = 'test';

/** A server and its connections. */
export class Stage {
  readonly connected: Connected;
  readonly #server: TimeSkippingServer;
  readonly #code: WorkflowCode;
  #workers: TestWorkers | undefined;

  private constructor(server: TimeSkippingServer, connected: Connected, code: WorkflowCode) {
    this.#server = server;
    this.connected = connected;
    this.#code = code;
  }

  /** Starts a server; fetches its binary at the first use, as `drover up` does. */
  static async open({ environment, code = workflowCode(), supervisor }: StageParts): Promise<Stage> {
    const binary = await obtain(environment);
    const server = await startTimeSkipping({ binary, supervisor });
    try {
      return new Stage(server, await connect(server.address), code);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Starts the workers. */
  async serve(activities: object, hosts: readonly string[]): Promise<void> {
    const { native } = this.connected;
    this.#workers = await startWorkers({ native, prefix: PREFIX, code: this.#code, activities, hosts });
    // A worker that fails shows at the end, and by calls that get no answer.
    this.#workers.ended.catch(() => undefined);
  }

  /**
   * Ends everything. With `replay`, returns what does not replay, and every workflow task that has
   * failed, one sentence each.
   */
  async close(replay: boolean): Promise<string[]> {
    const { client, started } = this.connected;
    const collected = async (): Promise<RecordedHistory[]> =>
      replay ? collectHistories(client, await started.workflowIds(client, false)) : [];
    const histories = await collected().finally(async () => {
      await this.#workers?.stop();
      await this.connected.close();
      await this.#server.stop();
    });
    return [...histories.flatMap(taskProblems), ...(await replayProblems(histories, this.#code))];
  }
}

async function obtain(environment: Environment): Promise<string> {
  try {
    return await obtainBinary('temporal-test-server', environment);
  } catch (error) {
    throw new DroverError(
      'Unavailable',
      `drover/testing needs Temporal's time-skipping test server: ${messageOf(error)}`,
      undefined,
      {
        cause: error,
      },
    );
  }
}

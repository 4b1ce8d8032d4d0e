/**
 * The environments of workflow tests. A test file calls `devServer()` or `timeSkipping()` once, at its top; every
 * workflow that one of its tests starts is replayed when that test ends, and ended.
 */
import type { Client, Connection } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import type { NativeConnection } from '@temporalio/worker';
import { collectHistories, type RecordedHistory } from '../../src/testing/server/histories';
import { quietRuntime } from './quiet';
import { HISTORIES, RECORDING, writeHistories } from './recorded';
import { replayProblems, taskProblems } from './replay';
import { shared, workflowBundle } from './shared';
import { Started } from '../../src/testing/server/started';
import { startTimeSkipping } from './time-skipping';

/** A server, as a test file sees it. */
export interface TestEnv {
  readonly kind: 'dev' | 'time-skipping';
  /** host:port. */
  readonly address: string;
  readonly namespace: string;
  /** Everything it starts is replayed. On the time-skipping server, waiting for a result skips time. */
  readonly client: Client;
  readonly connection: Connection;
  /** For workers. */
  readonly nativeConnection: NativeConnection;
  /** The parts that the current test started. */
  readonly started: Started;
  /** Lets server time pass: skipped on the time-skipping server, real on the other. */
  sleep(ms: number): Promise<void>;
  /** The server's time, in milliseconds. */
  now(): Promise<number>;
  /** For a test that fails workflow tasks on purpose: its histories are still replayed. */
  allowFailedTasks(): void;
  /** Under `npm run histories`, what the current test started becomes committed histories with this name. */
  record(name: string): void;
  /** For a test whose histories are not to be replayed, with the reason. */
  skipReplay(reason: string): void;
}

/** Replaying and ending what a test started, hundreds of workflows included. */
const REPLAY_LIMIT_MS = 120_000;

/** The development server: real time, visibility, true races. */
export function devServer(): TestEnv {
  return registered('dev');
}

/** A time-skipping server of this test file's own: its clock, and what makes it stand still, are the file's. */
export function timeSkipping(): TestEnv {
  return registered('time-skipping');
}

interface Connected {
  readonly address: string;
  readonly client: Client;
  readonly environment: TestWorkflowEnvironment;
  readonly end: () => Promise<void>;
}

function registered(kind: TestEnv['kind']): TestEnv {
  const started = new Started();
  let open: Connected | undefined;
  let failedTasksAllowed = false;
  let replaySkipped = false;
  let recordAs: string | undefined;
  const toReplay = new Map<string, RecordedHistory[]>();
  const connected = () => {
    if (!open) throw new Error('the environment is there only while tests run: use it inside of them');
    return open;
  };

  beforeAll(async () => {
    open = await connect(kind, started);
  });

  afterEach(async () => {
    const { client } = connected();
    try {
      const ids = await started.workflowIds(client, kind === 'dev');
      const histories = await collectHistories(client, ids);
      if (RECORDING && recordAs !== undefined) writeHistories(HISTORIES, recordAs, histories);
      await endOpen(client, histories);

      const problems = failedTasksAllowed ? [] : histories.flatMap(taskProblems);
      if (problems.length > 0) throw new Error(problems.join('\n'));
      const bundle = started.bundle ?? workflowBundle();
      if (!replaySkipped) toReplay.set(bundle.codePath, [...(toReplay.get(bundle.codePath) ?? []), ...histories]);
    } finally {
      started.clear();
      failedTasksAllowed = false;
      replaySkipped = false;
      recordAs = undefined;
    }
  }, REPLAY_LIMIT_MS);

  afterAll(async () => {
    if (!open) return;
    await open.environment.teardown();
    await open.end();
    // Once per file: every replay starts a worker of its own.
    for (const [codePath, histories] of toReplay) {
      const problems = await replayProblems(histories, { codePath });
      if (problems.length > 0) throw new Error(problems.join('\n'));
    }
  }, REPLAY_LIMIT_MS);

  return {
    kind,
    namespace: 'default',
    started,
    get address() {
      return connected().address;
    },
    get client() {
      return connected().client;
    },
    get connection() {
      return connected().environment.connection;
    },
    get nativeConnection() {
      return connected().environment.nativeConnection;
    },
    sleep: (ms) => connected().environment.sleep(ms),
    now: () => connected().environment.currentTimeMs(),
    allowFailedTasks: () => {
      failedTasksAllowed = true;
    },
    record: (name) => {
      recordAs = name;
    },
    skipReplay: (_reason) => {
      replaySkipped = true;
    },
  };
}

async function connect(kind: TestEnv['kind'], started: Started): Promise<Connected> {
  quietRuntime();
  const interceptors = { workflow: [started.interceptor] };
  if (kind === 'dev') {
    const { devServer: dev } = shared();
    const environment = await TestWorkflowEnvironment.createFromExistingServer({
      address: dev,
      client: { interceptors },
    });
    return { address: dev, environment, client: environment.client, end: async () => undefined };
  }
  const { address, stop } = await startTimeSkipping();
  const environment = await attachTimeSkipping(address, interceptors);
  return { address, environment, client: environment.client, end: stop };
}

/** The SDK attaches to a running server only without time skipping; the function behind it takes both. */
async function attachTimeSkipping(address: string, interceptors: object): Promise<TestWorkflowEnvironment> {
  const factory = TestWorkflowEnvironment as unknown as {
    create(options: object): Promise<TestWorkflowEnvironment>;
  };
  return factory.create({
    server: { type: 'existing' },
    supportsTimeSkipping: true,
    address,
    namespace: 'default',
    client: { interceptors },
  });
}

/** A workflow that a test leaves open would go on setting timers, and delay the file's later tests on the time-skipping server. */
async function endOpen(client: Client, histories: readonly RecordedHistory[]): Promise<void> {
  for (const workflowId of new Set(histories.map((history) => history.workflowId))) {
    const handle = client.workflow.getHandle(workflowId);
    const { status } = await handle.describe();
    if (status.name === 'RUNNING') await handle.terminate('the test has ended');
  }
}

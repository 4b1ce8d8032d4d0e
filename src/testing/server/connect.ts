/** Connections of a test to its server. */
import {
  Client,
  Connection,
  type ConnectionOptions,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
import { type InternalConnectionOptions, InternalConnectionOptionsSymbol } from '@temporalio/client/lib/connection';
import { NativeConnection } from '@temporalio/worker';
import { untilClosed } from '../../client/temporal/connection';
import { SimulatedClock } from './clock';
import { quietRuntime } from './runtime';
import { Started } from './started';

/** A server that a test is connected to. */
export interface Connected {
  /** Records every workflow that it starts. */
  readonly client: Client;
  readonly started: Started;
  /** For workers. */
  readonly native: NativeConnection;
  readonly clock: SimulatedClock;
  readonly close: () => Promise<void>;
}

/** Connects to a time-skipping server. */
export async function connect(address: string): Promise<Connected> {
  quietRuntime();
  const repeat = makeGrpcRetryInterceptor(defaultGrpcRetryOptions());
  // As @temporalio/testing does it: the SDK has no public option for the test service.
  const options: ConnectionOptions & InternalConnectionOptions = {
    address,
    // Agents beat until their end, so calls are in flight when the connection closes.
    interceptors: [(call, nextCall) => repeat(call, untilClosed(nextCall))],
    [InternalConnectionOptionsSymbol]: { supportsTestService: true },
  };
  const connection = await Connection.connect(options);
  const native = await NativeConnection.connect({ address });
  const started = new Started();
  const client = new Client({ connection, interceptors: { workflow: [started.interceptor] } });
  const { testService } = connection;
  if (testService === undefined) throw new Error(`the server at ${address} cannot skip time`);
  const close = async (): Promise<void> => {
    await connection.close();
    await native.close();
  };
  return { client, started, native, clock: await SimulatedClock.of(testService), close };
}

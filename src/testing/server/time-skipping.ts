/**
 * The time-skipping test server. It is supervised, so it ends with the process that started it,
 * however that process ends.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES, type SearchAttributeType } from '../../contract/names';
import { LOOPBACK, freePorts } from '../../dev/ports';
import { waitForPort } from '../../dev/server';
import { supervise } from '../../dev/supervise';

/** A running server: `host:port`, and its end. */
export interface TimeSkippingServer {
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/** The binary, and the compiled supervisor; the one of this package unless given. */
export interface TimeSkippingOptions {
  readonly binary: string;
  readonly supervisor?: string | undefined;
}

/** Temporal's IndexedValueType of the types in use. */
const TYPES = { Keyword: 2, Datetime: 6, KeywordList: 7 } as const satisfies Record<SearchAttributeType, number>;

/** Starts a server with Drover's search attributes. */
export async function startTimeSkipping({ binary, supervisor }: TimeSkippingOptions): Promise<TimeSkippingServer> {
  const folder = await mkdtemp(join(tmpdir(), 'drover-time-skipping-'));
  const [port = 0] = await freePorts(1);
  const logFile = join(folder, 'server.log');
  const server = await supervise(binary, [String(port)], {
    logFile,
    ...(supervisor === undefined ? {} : { supervisor }),
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await waitForPort(server, port, { binary, logFile });
    const address = `${LOOPBACK}:${String(port)}`;
    await addSearchAttributes(address);
    return { address, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function addSearchAttributes(address: string): Promise<void> {
  const connection = await Connection.connect({ address });
  const searchAttributes = Object.fromEntries(
    Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, TYPES[type]]),
  );
  await connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
  await connection.close();
}

/** A time-skipping server of a test file's own (decision 13), supervised: it ends with the file's process, however that ends. */
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../src/contract/names';
import { requireBinary } from '../../src/dev/binaries';
import { LOOPBACK, freePorts } from '../../src/dev/ports';
import { supervise, waitForPort } from '../../src/dev/server';
import { shared } from './shared';

/** A running server: host:port, and its end. */
export interface TimeSkippingServer {
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/** KEYWORD and KEYWORD_LIST of Temporal's IndexedValueType. */
const TYPES = { Keyword: 2, KeywordList: 7 } as const;

/** Starts it, with Drover's search attributes. */
export async function startTimeSkipping(): Promise<TimeSkippingServer> {
  const { folder, supervisor } = shared();
  const [port = 0] = await freePorts(1);
  const binary = requireBinary('temporal-test-server', process.env);
  const logFile = join(folder, `time-skipping-${String(port)}.log`);
  const server = await supervise(binary, [String(port)], { logFile, supervisor });
  await waitForPort(server, port, { binary, logFile });
  const address = `${LOOPBACK}:${port}`;
  const connection = await Connection.connect({ address });
  const searchAttributes = Object.fromEntries(
    Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, TYPES[type]]),
  );
  await connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
  await connection.close();
  return { address, stop: server.stop };
}

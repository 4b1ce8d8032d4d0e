/** Ports that another program has taken, until the end of the test. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { LOOPBACK } from '../../../src/dev/ports';

const others: Server[] = [];

afterEach(() => {
  for (const other of others.splice(0)) other.close();
});

/** Listens on the port as another program. */
export async function takePort(port: number): Promise<void> {
  const other = createServer().listen(port, LOOPBACK);
  others.push(other);
  await once(other, 'listening');
}

/** Ports that another program has taken, until the end of the test, and free ones. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
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

/** A port that no program has taken. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** TCP ports on the loopback address. */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, connect, type Server } from 'node:net';
import { errorCode } from '../lib/error-code';

/** The address that everything embedded listens on. */
export const LOOPBACK = '127.0.0.1';

/** Where ports are drawn: above those of well-known services, below where systems take ports for outgoing connections by default. */
const RANGE = { first: 10_000, last: 32_767 } as const;
/** So many draws may meet a port that is in use, before the system is asked for any. */
const DRAWS = 50;

/**
 * So many different ports that are free now. They are all held while they are drawn, so none comes twice. The range of outgoing
 * connections is left out: a port that is kept would be taken by one of them sooner or later.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  const ports: number[] = [];
  const outgoing = outgoingRange();
  while (ports.length < count) {
    const server = createServer();
    ports.push(await draw(server, outgoing));
    servers.push(server);
  }
  await Promise.all(servers.map(close));
  return ports;
}

/** Whether the port can be listened on now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  if ((await listenUnlessTaken(server, port)) === undefined) return false;
  await close(server);
  return true;
}

/** Throws one clear sentence when somebody listens on the port. */
export async function requireFreePort(port: number, purpose: string): Promise<void> {
  if (await isFree(port)) return;
  throw new Error(`Port ${port} (${purpose}) is taken by another program. End that program, or choose another port.`);
}

/** True when something accepts connections on the port. */
export function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    const answer = (accepts: boolean) => {
      socket.destroy();
      resolve(accepts);
    };
    socket.on('connect', () => answer(true)).on('error', () => answer(false));
  });
}

/** The ports that the system gives to outgoing connections, where it says so; elsewhere they begin at 49152 and are not in our range. */
function outgoingRange(): readonly [number, number] {
  if (process.platform !== 'linux') return [49_152, 65_535];
  const [first = 0, last = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number);
  return [first, last];
}

/** Listens on a port of the range, or on any where the range is in use or belongs to outgoing connections as a whole. */
async function draw(server: Server, [first, last]: readonly [number, number]): Promise<number> {
  for (let draws = 0; draws < DRAWS; draws += 1) {
    const port = randomInt(RANGE.first, RANGE.last + 1);
    if (port >= first && port <= last) continue;
    const drawn = await listenUnlessTaken(server, port);
    if (drawn !== undefined) return drawn;
  }
  return listen(server, 0);
}

async function listenUnlessTaken(server: Server, port: number): Promise<number | undefined> {
  try {
    return await listen(server, port);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EADDRINUSE' || code === 'EACCES') return undefined;
    throw error;
  }
}

function close(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve));
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no TCP address'));
      else resolve(address.port);
    });
  });
}

/** TCP ports on the loopback address. */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, connect, type Server } from 'node:net';
import { errorCode } from '../lib/error-code';

/** The address of all embedded services. */
export const LOOPBACK = '127.0.0.1';

/**
 * The range for new ports: above well-known services, below the default range for outgoing
 * connections.
 */
const RANGE = { first: 10_000, last: 32_767 } as const;
/** How many draws may meet a port in use before the system chooses one. */
const DRAWS = 50;

/**
 * Draws `count` different free ports. All are held during the draw, so none comes twice. The range
 * of outgoing connections is excluded, as one of them would take a kept port sooner or later.
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

/** True if the port is free now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  if ((await listenUnlessTaken(server, port)) === undefined) return false;
  await close(server);
  return true;
}

/** Throws if another program listens on the port. */
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

/**
 * The system's range for outgoing connections. On other systems than Linux it starts at 49152,
 * above the range for new ports.
 */
function outgoingRange(): readonly [number, number] {
  if (process.platform !== 'linux') return [49_152, 65_535];
  const [first = 0, last = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number);
  return [first, last];
}

/**
 * Listens on a port of the range, or on any port if the range is in use or belongs to outgoing
 * connections.
 */
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

/** TCP ports on the loopback address. */
import { createServer, connect } from 'node:net';

/** The address that everything embedded listens on. */
export const LOOPBACK = '127.0.0.1';

/** So many different ports that are free now. They are all held while they are drawn, so none comes twice. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(servers.map((server) => listen(server, 0)));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Throws one clear sentence when somebody listens on the port. */
export async function requireFreePort(port: number, purpose: string): Promise<void> {
  const server = createServer();
  try {
    await listen(server, port);
  } catch (error) {
    throw new Error(
      `Port ${port} (${purpose}) is taken by another program. End that program, or choose another port.`,
      {
        cause: error,
      },
    );
  }
  await new Promise((resolve) => server.close(resolve));
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

function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no TCP address'));
      else resolve(address.port);
    });
  });
}

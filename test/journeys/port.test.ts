/** A port of up is taken by another program: up says which. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Place, type Terminal } from './terminal';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.close());

/** `up` once, so that the folder has its ports; then a program that listens at one of them. */
async function taken(
  up: Terminal,
  which: 'gateway' | 'grpc',
): Promise<{ readonly port: number; readonly server: Server }> {
  await up.type('drover up');
  await up.shows('Ctrl-C stops.');
  up.press('\x03');
  await up.shows(/stopping[^]*\n\$$/);
  const ports = JSON.parse(readFileSync(join(place.folder, '.drover/ports.json'), 'utf8')) as Record<string, number>;
  const port = ports[which] ?? 0;
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { port, server };
}

test("the gateway's port is taken: up names it, ends with its code, and leaves nothing behind", async () => {
  const [up, other] = [place.terminal(), place.terminal()];
  const { port, server } = await taken(up, 'gateway');
  try {
    const { text, code } = await up.run('drover up');
    expect(code).toBe(6);
    expect(text).toContain(String(port));
    expect((await other.run('drover doctor')).text).toContain('no drover up runs in this directory');
  } finally {
    server.close();
  }
});

test("Temporal's port is taken: up says so, and which one it takes from now on", async () => {
  const up = place.terminal();
  const { port, server } = await taken(up, 'grpc');
  try {
    await up.type('drover up');
    const text = await up.shows('Ctrl-C stops.');
    expect(text).toMatch(
      new RegExp(`port ${String(port)} \\(Temporal\\) is taken by another program: from now on it is \\d+`),
    );
  } finally {
    server.close();
  }
});

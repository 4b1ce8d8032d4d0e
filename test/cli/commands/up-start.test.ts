/** `drover up` if a port that others have taken is in its way. More of the kind is in test/soak/up-odd-places.test.ts. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openStateDirectory } from '../../../src/dev/state-dir';
import { until } from '../../../src/lib/until';
import { drover, processesOf, temporaryFolder } from './drover';
import { takePort } from './taken-ports';

const folder = temporaryFolder();
afterAll(folder.remove, 60_000);

test('the port of the gateway is taken: one sentence, exit code 6, and nothing goes on', async () => {
  const cwd = join(folder.path, 'gateway');
  mkdirSync(cwd);
  const { ports } = await openStateDirectory(join(cwd, '.drover'));
  await takePort(ports.gateway);
  const { code, stderr } = await drover(['up'], cwd);
  expect({ code, stderr }).toEqual({
    code: 6,
    stderr: `drover: port ${String(ports.gateway)} (the gateway) is taken by another program; end that program, or set DROVER_GATEWAY_PORT\n`,
  });
  await until(() => processesOf(cwd).length === 0 || undefined, 10_000);
  expect(processesOf(cwd)).toEqual([]);
  expect(readdirSync(join(cwd, '.drover'))).not.toContain('up.lock');
});

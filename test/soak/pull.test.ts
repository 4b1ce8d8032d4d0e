/** Pull mode at full size: a fleet whose agents cannot listen, and a thousand polls that wait at one gateway. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentToken } from '../../src/contract/agent/token';
import { until } from '../../src/lib/until';
import { drover, marsFile, startUp, temporaryFolder } from '../cli/commands/drover';
import { OPERATOR, SECRET, withLoneGateway } from '../gateway/listening';
import { PATIENCE_MS } from '../support/patience';

test('MARS with five agents that cannot be called: any attempt to listen ends them', async () => {
  const { path, remove } = temporaryFolder();
  try {
    const guard = join(path, 'no-listen.cjs');
    writeFileSync(guard, "require('net').Server.prototype.listen = () => { throw new Error('inbound is refused'); };");
    const variables = `DROVER_PULL: '1', NODE_OPTIONS: '--require ${guard}'`;
    const file = marsFile(path, 'mars', (text) =>
      text
        .replaceAll('env: {', `env: {${variables}, `)
        .replace('orchestrator.mjs]}', `orchestrator.mjs], env: {${variables}}}`),
    );
    const up = await startUp(path, [file]);
    const { code, stdout, stderr } = await drover(['run', 'mars', 'Spell the word.'], path);
    expect([code, stdout.trim(), code === 0 ? '' : stderr]).toEqual([0, 'MARS', '']);
    for (const agent of ['Orchestrator', 'AgentA', 'AgentB', 'AgentC', 'AgentD']) {
      const { endpoint } = JSON.parse(
        (await drover(['describe', 'agent', `mars/${agent}`, '-o', 'json'], path)).stdout,
      ) as { readonly endpoint: string };
      expect(endpoint).toBe(`${up.where.gateway}/v1/agents/mars/${agent}/endpoint`);
    }
    await drover(['destroy', 'mars', '--yes'], path);
    up.process.kill('SIGINT');
    await up.ended;
  } finally {
    await remove();
  }
});

/** Opens polls of as many agents from a process of its own, so that only the gateway's memory is measured. */
const CLIENT = `
const { request, Agent } = require('node:http');
const [url, tokens] = [process.argv[1], JSON.parse(process.argv[2])];
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
tokens.forEach((token, index) => {
  const path = '/v1/agents/f/A' + index + '/turns?wait=60s&instance=i';
  request(url + path, { agent, headers: { authorization: 'Bearer ' + token } }).on('error', () => undefined).end();
});
setInterval(() => undefined, 1000);
`;

test('a thousand polls that wait at one gateway take less than 100 MB', async () => {
  const tokens = Array.from({ length: 1_000 }, (_, index) => agentToken(SECRET, 'f', `A${String(index)}`));
  await withLoneGateway(async (url) => {
    const waiting = async (): Promise<number> => {
      const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${OPERATOR}` } });
      return Number(/^drover_waiting_polls (\d+)$/m.exec(await answer.text())?.[1] ?? 0);
    };
    expect(await waiting()).toBe(0);
    const before = process.memoryUsage().rss;
    const client = execFile(process.execPath, ['-e', CLIENT, url, JSON.stringify(tokens)]);
    try {
      expect(await until(async () => ((await waiting()) === 1_000 ? true : undefined), PATIENCE_MS)).toBe(true);
      const megabytes = (process.memoryUsage().rss - before) / 1024 ** 2;
      process.stderr.write(`1,000 waiting polls: ${megabytes.toFixed(0)} MB\n`);
      expect(megabytes).toBeLessThan(100);
    } finally {
      client.kill('SIGKILL');
      await once(client, 'close');
    }
  });
});

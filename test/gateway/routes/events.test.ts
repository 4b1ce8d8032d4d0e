/** `GET /v1/events` of a gateway that really listens. */
import { randomUUID } from 'node:crypto';
import { DroverClient } from '../../../src/client';
import { until } from '../../../src/lib/until';
import { devServer } from '../../support/env';
import { startRun, withRuns } from '../../workflows/run/harness';
import { PATIENCE_MS } from '../../support/patience';
import { gatewayOver, listen as listenOn, OPERATOR } from '../listening';

const env = devServer();
const authorization = `Bearer ${OPERATOR}`;

/** A stream as its client reads it; `over` says how it ended. */
interface Stream {
  readonly headers: Headers;
  readonly text: () => string;
  readonly has: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly over: Promise<'ended' | 'cut'>;
  readonly leave: () => void;
}

async function listen(url: string, headers: Record<string, string> = {}): Promise<Stream> {
  const leaving = new AbortController();
  const answer = await fetch(url, { headers: { authorization, ...headers }, signal: leaving.signal });
  expect(answer.status).toBe(200);
  let text = '';
  const read = async (): Promise<'ended' | 'cut'> => {
    try {
      for await (const chunk of answer.body ?? []) text += Buffer.from(chunk as Uint8Array).toString();
      return 'ended';
    } catch {
      return 'cut';
    }
  };
  const has = async (pattern: RegExp) => {
    const found = await until(() => pattern.exec(text) ?? undefined, PATIENCE_MS);
    if (!found) throw new Error(`no ${String(pattern)} in:\n${text}`);
    return found;
  };
  return { headers: answer.headers, text: () => text, has, over: read(), leave: () => leaving.abort() };
}

it('tells every operator who listens what happens, goes on where one was cut off, and ends with the gateway', async () => {
  await withRuns(env, async (taskQueue) => {
    const app = await gatewayOver(DroverClient.over(env.client, taskQueue));
    const url = `${await listenOn(app)}/v1/events`;
    const fleet = `f-${randomUUID().slice(0, 8)}`;
    const topology = { agents: ['A'], flows: ['Start -> A', 'A -> End'] };
    const end = async (run: string): Promise<void> => {
      const script = { A: [{ action: 'final', response: 'x' }] };
      await (await startRun(env, taskQueue, { fleet, run, topology, script })).result();
    };
    try {
      const [mine, others] = await Promise.all([listen(`${url}?fleet=${fleet}`), listen(`${url}?fleet=nobodys`)]);
      expect(mine.headers.get('content-type')).toContain('text/event-stream');
      await mine.has(/^: from here on\n\n/);
      const post = (of: string) =>
        fetch(`${url.replace('events', 'agents')}/${of}/A/turns/r%2F0%2F1/progress`, {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/json' },
          body: JSON.stringify({ text: `works in ${of}`, done: 1, total: 2 }),
        });
      expect((await post('another')).status).toBe(200);
      expect((await post(fleet)).status).toBe(200);
      const [, said = ''] = await mine.has(/^event: turn\.progress\ndata: (.*)\n\n/m);
      expect(JSON.parse(said)).toMatchObject({
        fleet,
        run: 'r',
        agent: 'A',
        turnId: 'r/0/1',
        text: `works in ${fleet}`,
      });
      await end('one');
      const [, id = '', data = ''] = await mine.has(/^id: (\d+\.\w+)\nevent: run\.completed\ndata: (.*)\n\n/m);
      expect(JSON.parse(data)).toMatchObject({
        id: id.replace(/^\d+\./, ''),
        type: 'run.completed',
        data: { run: `${fleet}/one` },
      });
      mine.leave();
      expect(await mine.over).toBe('cut');
      await end('two');
      const [back, lost] = await Promise.all([
        listen(`${url}?fleet=${fleet}`, { 'last-event-id': id }),
        listen(url, { 'last-event-id': 'evt_of_another_gateway' }),
      ]);
      await back.has(new RegExp(`"run":"${fleet}/two"`));
      expect(back.text()).not.toContain(`${fleet}/one`);
      await lost.has(/^: unknown event id; the stream starts now\n\n/);
      const listeners = async () => (await app.inject({ url: '/metrics' })).body;
      // The one that has left is noticed when its connection closes.
      expect(
        await until(async () => (await listeners()).includes('drover_event_listeners 3') || undefined, PATIENCE_MS),
      ).toBe(true);
      await app.close();
      expect(await Promise.all([others.over, back.over, lost.over])).toEqual(['ended', 'ended', 'ended']);
      // A line that keeps the connection open comes when the test takes longer than a quarter of a minute.
      expect(others.text().replaceAll(/^:\n\n/gm, '')).toBe(': from here on\n\n');
    } finally {
      await app.close();
    }
  });
});

it('refuses before the stream begins as any other call does', async () => {
  const app = await gatewayOver(DroverClient.over(env.client));
  const ask = (query: string, headers: Record<string, string>) => app.inject({ url: `/v1/events${query}`, headers });
  const answers = await Promise.all([
    ask('', {}),
    ask('', { authorization: 'Bearer wrong' }),
    ask('?fleet=a%20b', { authorization }),
    ask('?agent=a', { authorization }),
    app.inject({ method: 'HEAD', url: '/v1/events', headers: { authorization } }),
  ]);
  await app.close();
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 403, 422, 422, 405]);
  for (const { headers } of answers) expect(headers['content-type']).toContain('application/problem+json');
});

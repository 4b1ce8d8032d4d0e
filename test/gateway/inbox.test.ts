/** The inbox over HTTP: what waits in several fleets, who may see and answer it, and what is refused. */
import { createHash } from 'node:crypto';
import { DroverClient } from '../../src/client';
import type { WaitingItem } from '../../src/contract/run/inbox';
import type { NamedToken } from '../../src/contract/caller/role';
import { CALLS } from '../../src/contract/schemas/http';
import { devServer } from '../support/env';
import { eventually } from '../workflows/agent/harness';
import { startRun, withRuns } from '../workflows/run/harness';
import { gatewayOver, OPERATOR } from './listening';

const env = devServer();
const topology = { flows: ['Start -> A', 'A -> User'] };
const final = { action: 'final', response: 'done' };
const asks = (question: unknown) => ({ A: [{ action: 'ask', question }, final] });

it('lists, answers, extends and denies what waits, within the fleets of the token', async () => {
  await withRuns(env, async (taskQueue) => {
    const inbox = { deadline: '72h', onDeadline: 'hold' } as const;
    const permission = { kind: 'permission', prompt: 'Delete?', options: ['allow', 'reject'] };
    const runs = await Promise.all(
      ['Which?', permission, permission].map((question) =>
        startRun(env, taskQueue, { topology, inbox, script: asks(question) }),
      ),
    );
    const fleets = runs.map(({ id }) => id.split('/')[1] ?? '');
    const limited: NamedToken = {
      name: 'bot',
      role: 'operator',
      fleets: fleets.slice(0, 2),
      sha256: createHash('sha256').update('token-of-bot').digest('hex'),
    };
    const app = await gatewayOver(DroverClient.over(env.client, taskQueue), { namedTokens: () => [limited] });
    const ask = async (method: 'GET' | 'POST', url: string, payload?: object, token = 'token-of-bot') => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await app.inject({ method, url, headers, ...(payload && { payload }) });
      return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
    };
    const list = async (more = '', token = OPERATOR) => {
      const { body } = await ask('GET', `/v1/inbox${more}`, undefined, token);
      expect(CALLS.listInbox.answer.safeParse(body).error).toBeUndefined();
      const items = body['items'] as WaitingItem[];
      return items.filter(({ fleet }) => fleets.includes(fleet));
    };
    try {
      await eventually(list, (items) => items.length === 3);
      const own = await eventually(
        () => list('', 'token-of-bot'),
        (items) => items.length === 2,
      );
      expect(own.map(({ fleet }) => fleet).sort()).toEqual(fleets.slice(0, 2).sort());
      expect(await list('?kind=permission', 'token-of-bot')).toHaveLength(1);
      expect((await ask('GET', `/v1/inbox?fleet=${fleets[2] ?? ''}`)).status).toBe(403);

      const [question] = own.filter(({ kind }) => kind === 'question');
      const path = `/v1/inbox/${question?.id ?? ''}`;
      const stale = await ask('POST', `${path}/answer`, { value: 'x', digest: '0' });
      expect(stale).toMatchObject({ status: 409, body: { code: 'RuntimeStateError' } });
      expect((await ask('POST', `${path}/extend`, { extension: '24h' })).status).toBe(200);
      const [later] = await list(`?fleet=${fleets[0] ?? ''}`);
      const moved = Date.parse(later?.deadline ?? '') - Date.parse(question?.deadline ?? '');
      expect(moved).toBe(24 * 3_600_000);
      const given = { value: 'this', digest: question?.digest, by: 'carol' };
      expect((await ask('POST', `${path}/answer`, given)).status).toBe(200);
      expect(await runs[0]?.result()).toMatchObject({ success: true });
      const twice = await ask('POST', `${path}/answer`, given);
      expect(twice).toMatchObject({
        status: 409,
        body: { detail: expect.stringMatching(/is over|was answered/) as string },
      });

      const foreign = `/v1/inbox/${fleets[2] ?? ''}.simulation.1/answer`;
      expect((await ask('POST', foreign, { value: 'allow' })).status).toBe(403);
      expect((await ask('POST', '/v1/inbox/nothing/answer', { value: 1 })).status).toBe(422);
      const denied = await ask('POST', '/v1/inbox/deny', { kind: 'permission' });
      expect(denied).toMatchObject({ status: 200, body: { denied: [`${fleets[1] ?? ''}.simulation.1`], refused: [] } });
      expect(await runs[1]?.result()).toMatchObject({ success: true });
      // That of the other fleet still waits.
      expect((await list(`?fleet=${fleets[2] ?? ''}`)).map(({ kind }) => kind)).toEqual(['permission']);
      await runs[2]?.handle.executeUpdate('cancel', { args: [{}] });
      await runs[2]?.result();
    } finally {
      await app.close();
    }
  });
});

/**
 * The check before a change waits for a host that does not answer, in real minutes: a server that skips time does not skip it while a call
 * waits for a worker.
 */
import { timeSkipping } from '../support/env';
import { withFleet } from '../workflows/fleet/harness';

const env = timeSkipping();

test('a host that does not answer ends the change after three minutes, and says so from the first one on', async () => {
  await withFleet(env, async (world) => {
    const { changeId, revision } = await world.fleets.apply(world.fleet, {
      spec: { agents: [{ name: 'A', provider: 'process', process: { command: ['agent'] } }] },
    });
    const started = await env.now();
    await env.sleep(70_000);
    const waiting = await world.view();
    expect(waiting.change?.state).toBe('running');
    expect(JSON.stringify(waiting.troubles)).toContain('host here does not answer');
    await env.sleep(120_000);
    const ended = await world.ended(changeId ?? '', revision);
    expect(ended).toMatchObject({ state: 'failed', compensation: null });
    expect(ended.error).toMatch(/^nothing was changed; host here does not answer: .*start drover worker there/);
    // Well below the ten minutes for which other calls are repeated.
    expect((await env.now()) - started).toBeLessThan(540_000);
    expect(world.provider.calls).toEqual([]);
  });
});

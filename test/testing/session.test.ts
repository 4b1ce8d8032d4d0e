/** The session of an agent through its life: turns, a restart, a replace with and without `keepSession`. */
import { final } from '../../src/agent/replies';
import type { FleetSpec } from '../../src/contract/fleet';
import { testFleet } from './kit';

const specOf = (letters: string, keepSession?: boolean): FleetSpec => ({
  agents: [
    {
      name: 'A',
      provider: 'process',
      process: { command: ['x'], env: { LETTERS: letters } },
      ...(keepSession === undefined ? {} : { keepSession }),
    },
  ],
  topology: { flows: ['Start -> A', 'A -> End'] },
});

test('a session comes with each turn and start, and a replace keeps it only if the file says so', async () => {
  const seen: string[] = [];
  const A = {
    onStart: async ({ session }: { readonly session: string | null }) => void seen.push(`start ${String(session)}`),
    onTurn: ({ session, task }: { readonly session?: string; readonly task: unknown }) => {
      seen.push(`turn ${String(session)}`);
      return task === 'forget' ? { ...final(1), session: null } : { ...final(1), session: `s-${String(task)}` };
    },
  };
  const t = await testFleet({ spec: specOf('a'), agents: { A } });
  await t.run('1');
  await t.run('2');
  expect((await t.agent('A')).session).toBe('s-2');
  await t.command('A', 'restart', {});
  await t.until(
    () => seen.length,
    (count) => count === 4,
  );
  await t.apply(specOf('a', true));
  await t.apply(specOf('b', true));
  expect(seen.splice(0)).toEqual(['start null', 'turn undefined', 'turn s-1', 'start s-2', 'start s-2']);
  await t.run('3');
  await t.apply(specOf('c'));
  await t.run('forget');
  expect(await t.agent('A')).not.toHaveProperty('session');
  expect(seen).toEqual(['turn s-2', 'start null', 'turn undefined']);
  await t.close();
});

/** Decisions in the log of a worker: once each, although every task of this worker replays its workflow. */
import { DefaultLogger, type LogEntry, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { devServer } from '../../../support/env';
import { withAgents } from '../../agent/harness';

const lines: LogEntry[] = [];
Runtime.install({
  logger: new DefaultLogger('INFO', (entry) => lines.push(entry)),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
});

const env = devServer();

interface Line {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

const linesOf = (workflowId: string): Line[] =>
  lines.flatMap(({ level, message, meta }) => {
    const fields = meta as Readonly<Record<string, unknown>> | undefined;
    return fields?.['workflowId'] === workflowId && fields['sdkComponent'] === 'workflow'
      ? [{ ...fields, level, message }]
      : [];
  });

test('transitions are infos, refusals are warnings, with the names as fields; a flood is bounded; a replay logs nothing', () =>
  withAgents(
    env,
    async (world) => {
      const agent = await world.start();
      await agent.ready();
      await agent.send('pause', { reason: 'lunch' });
      await agent.refused('start');
      await agent.handle.signal('nonsense', {});
      for (let at = 0; at < 30; at += 1) await agent.handle.signal('heartbeat', { at });
      await agent.until(({ decisions = [] }) => JSON.stringify(decisions.at(-1)).includes('instanceId'));
      // A restart of the cache replays the workflow once more.
      await agent.send('resume');

      const own = linesOf(agent.id);
      const name = `${world.fleet}/a`;
      expect(own.map(({ fleet, agent: about }) => [fleet, about])).toEqual(own.map(() => [world.fleet, name]));
      const of = (level: string, text: string) =>
        own.filter((line) => line.level === level && JSON.stringify(line).includes(text));
      expect(of('INFO', '"what":"pause"')).toEqual([
        expect.objectContaining({ message: 'agent.changed', by: 'operator', reason: 'lunch', accepted: true }),
      ]);
      expect(of('INFO', '"what":"resume"')).toHaveLength(1);
      expect(of('WARN', 'refused update start')).toEqual([
        expect.objectContaining({ why: expect.stringContaining('AgentStatusError: cannot start') as string }),
      ]);
      expect(of('WARN', 'refused signal nonsense')).toHaveLength(1);
      expect(of('WARN', 'refused signal heartbeat')).toHaveLength(10);
      expect(own.filter(({ level }) => level === 'WARN')).toHaveLength(12);
    },
    { maxCachedWorkflows: 0 },
  ));

/** The reconciler by property: in any interleaving, the provider ends where the last decision wants it. */
import fc from 'fast-check';
import type { AgentCommand, AgentStatus } from '../../../src/contract/agent';
import type { Effect } from '../../../src/rules/agent/state';
import { AgentSim, type End } from './agent-sim';
import { MINUTE, fresh } from './agents';
import { runs } from '../../support/runs';

type Step = { readonly name: string; readonly run: (sim: AgentSim) => void };

const step = (name: string, run: Step['run']): Step => ({ name, run: Object.assign(run, { toString: () => name }) });

const COMMANDS: readonly (readonly [AgentCommand, Readonly<Record<string, unknown>>])[] = [
  ['pause', {}],
  ['pause', { hold: 'deploy', mode: 'freeze' }],
  ['resume', {}],
  ['resume', { hold: 'deploy' }],
  ['resume', { cancelPending: true }],
  ['stop', {}],
  ['start', {}],
  ['restart', {}],
  ['hold', { hold: 'fleet' }],
  ['release', { hold: 'fleet' }],
];

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(...COMMANDS)
      .map(([command, options]) =>
        step(`${command} ${JSON.stringify(options)}`, (sim) => void sim.command(command, options)),
      ),
  },
  { weight: 1, arbitrary: fc.constant(step('terminate', (sim) => void sim.command('terminate'))) },
  { weight: 6, arbitrary: fc.constant(step('begin', (sim) => void sim.begin())) },
  {
    weight: 6,
    arbitrary: fc.constantFrom<End>('succeeds', 'succeeds', 'succeeds', 'fails', 'loses its answer').map((how) =>
      step(how, (sim) => {
        sim.end(how);
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, 1).map((code) =>
      step(`crash ${String(code)}`, (sim) => {
        sim.crash(code);
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom('ready', 'starting', 'degraded', 'stopping').map((status) =>
      step(`beat ${status}`, (sim) => {
        sim.beat(status);
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(500, 20_000, MINUTE, 11 * MINUTE).map((ms) =>
      step(`wait ${String(ms)}`, (sim) => {
        sim.wait(ms);
      }),
    ),
  },
);

function expectConsistent(sim: AgentSim): void {
  const { status, runtime, holds } = sim.state;
  if (status === 'running' && runtime === 'paused') expect(holds).toEqual([]);
  if (status === 'paused') expect(holds).not.toEqual([]);
  if (runtime === 'crashed' || runtime === 'stopped') expect(sim.state.instance.endpoint).toBeNull();
}

function expectAsDecided(sim: AgentSim): void {
  const { status, runtime, holds, destroyed } = sim.state;
  const where = `${status}/${runtime} with the process ${sim.process}`;
  switch (status) {
    case 'running':
      expect([where, runtime, sim.process, holds]).toEqual([where, 'running', 'running', []]);
      expect(sim.state.instance.id).toBe(sim.instanceId);
      return;
    case 'paused':
      if (runtime === 'crashed') expect([where, ['running', 'paused'].includes(sim.process)]).toEqual([where, false]);
      // A process that died while it stood still is noticed when it must continue: nothing probes a paused one.
      else expect([where, runtime, ['paused', 'exited'].includes(sim.process)]).toEqual([where, 'paused', true]);
      return;
    case 'stopped':
      expect([where, ['running', 'paused'].includes(sim.process)]).toEqual([where, false]);
      return;
    case 'terminated':
      expect([where, sim.process, destroyed]).toEqual([where, 'absent', true]);
      return;
    case 'pending':
      throw new Error(`still pending: ${where}`);
    case 'failed':
      expect(sim.state.reason).not.toBeNull();
  }
}

test('in any interleaving, every transition is in the tables and the provider ends as decided', () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 60 }), fc.boolean(), (sequence, heldAtBirth) => {
      const hold = { name: 'fleet', reason: null, since: new Date(0).toISOString() };
      const sim = new AgentSim(fresh({}, heldAtBirth ? { holds: [hold] } : {}));
      for (const { run } of sequence) {
        run(sim);
        expectConsistent(sim);
      }
      sim.settle();
      expectConsistent(sim);
      expectAsDecided(sim);
    }),
    { numRuns: runs(3_000) },
  );
});

test('each accepted command, carried out before the next, has exactly its effects', () => {
  const effectsOf: Readonly<Record<string, readonly Effect[]>> = {
    'pause running': ['suspend'],
    'hold running': ['suspend'],
    'resume paused': ['continue'],
    'release paused': ['continue'],
    'stop running': ['stop'],
    'stop paused': ['stop'],
    'start stopped': ['wake'],
    'restart running': ['stop', 'wake'],
    'restart paused': ['stop', 'wake', 'suspend'],
    'terminate running': ['stop', 'destroy'],
    'terminate paused': ['stop', 'destroy'],
    'terminate stopped': ['destroy'],
  };
  const commands = fc.constantFrom<AgentCommand>(
    'pause',
    'resume',
    'stop',
    'start',
    'restart',
    'hold',
    'release',
    'terminate',
  );
  const hold = fc.constantFrom('operator', 'other');
  fc.assert(
    fc.property(fc.array(fc.tuple(commands, hold), { maxLength: 25 }), (sequence) => {
      const sim = new AgentSim();
      sim.settle();
      for (const [command, name] of sequence) {
        const before: AgentStatus = sim.state.status;
        const holdsBefore = sim.state.holds.length;
        const calls = sim.calls.length;
        const changed = sim.command(
          command,
          ['pause', 'resume', 'hold', 'release'].includes(command) ? { hold: name } : {},
        );
        sim.settle();
        const made = sim.calls.slice(calls);
        const wakesHeld = command === 'start' && before === 'stopped' && holdsBefore > 0;
        const onlyCounts = (command === 'resume' || command === 'release') && (holdsBefore > 1 || before !== 'paused');
        const addsOnly = (command === 'pause' || command === 'hold') && before !== 'running';
        if (changed !== true || onlyCounts || addsOnly) expect([command, made]).toEqual([command, []]);
        else
          expect([command, before, made]).toEqual([
            command,
            before,
            wakesHeld ? ['wake', 'suspend'] : effectsOf[`${command} ${before}`],
          ]);
      }
    }),
    { numRuns: runs(500) },
  );
});

/** Random commands, provider failures, lost answers, delays and crashes against the real workflow: it ends as decided. */
import fc from 'fast-check';
import type { AgentCommand, AgentView } from '../../src/contract/agent';
import { devServer } from '../support/env';
import { providerFailure } from '../support/memory-provider';
import { type TestAgent, eventually, refusalOf, withAgents } from '../workflows/agent/harness';

const env = devServer();

const AGENTS = 5;
const STEPS = 14;

type Trouble = 'none' | 'refuse' | 'lose the answer' | 'delay';
interface Step {
  readonly command: AgentCommand;
  readonly options: Readonly<Record<string, unknown>>;
  readonly together: boolean;
  readonly trouble: Trouble;
  readonly crash: boolean;
}

const steps = fc.array(
  fc.record<Step>({
    command: fc.constantFrom<AgentCommand>('pause', 'resume', 'stop', 'start', 'restart', 'hold', 'release'),
    options: fc.constant({}),
    together: fc.boolean(),
    trouble: fc.constantFrom<Trouble>('none', 'none', 'none', 'refuse', 'lose the answer', 'delay'),
    crash: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
  }),
  { minLength: STEPS, maxLength: STEPS },
);

const KNOWN = ['AgentStatusError', 'RuntimeStateError', 'ResumeStateError', 'ProviderError'];

const optionsOf = (command: AgentCommand): Record<string, unknown> =>
  command === 'hold' || command === 'release' ? { hold: 'fleet' } : {};

/** Whether the provider has the process where the agent says it is. */
function isAsDecided(view: AgentView, process: string | undefined): boolean {
  const alive = process === 'running' || process === 'paused';
  switch (view.status) {
    case 'running':
      return view.runtime === 'running' && process === 'running' && view.holds.length === 0;
    case 'paused':
      return (
        view.holds.length > 0 &&
        (view.runtime === 'paused' ? process === 'paused' || !alive : view.runtime === 'crashed' && !alive)
      );
    case 'stopped':
      return !alive;
    case 'failed':
      return true;
    case 'pending':
    case 'terminated':
      return false;
  }
}

async function playAll(sequences: readonly (readonly Step[])[]): Promise<void> {
  await withAgents(env, async (world) => {
    const troubles = new Map<string, Trouble>();
    world.provider.before = async ({ call, agent }) => {
      const trouble = call === 'inspectResource' ? 'none' : troubles.get(agent);
      if (trouble === 'delay') await new Promise((resolve) => setTimeout(resolve, 150));
      if (trouble === 'refuse') throw providerFailure('refused', true);
    };
    world.provider.after = ({ call, agent }) => {
      if (call !== 'inspectResource' && troubles.get(agent) === 'lose the answer') throw providerFailure('lost', true);
    };

    async function play(agent: TestAgent, sequence: readonly Step[]): Promise<void> {
      const open: Promise<unknown>[] = [];
      for (const { command, together, trouble, crash } of sequence) {
        troubles.set(agent.name, trouble);
        if (crash) world.provider.crash(agent.name);
        const sent = agent.send(command, optionsOf(command) as never).catch((error: unknown) => {
          expect(KNOWN).toContain(refusalOf(error).code);
        });
        open.push(sent);
        if (!together) await sent;
      }
      await Promise.all(open);
      troubles.set(agent.name, 'none');
    }

    const agents = await Promise.all(sequences.map((_, index) => world.start(`a${String(index)}`)));
    await Promise.all(agents.map((agent) => agent.ready()));
    await Promise.all(agents.map((agent, index) => play(agent, sequences[index] ?? [])));
    for (const agent of agents) {
      // An agent that crashed unnoticed says nothing; a stopping beat makes Drover look.
      const { instanceId } = await agent.view();
      if (instanceId !== null) await agent.beat('stopping', { instanceId });
      const read = async () => ({ view: await agent.view(), process: world.provider.of(agent.name)?.state });
      const end = await eventually(read, ({ view, process }) => isAsDecided(view, process));
      expect(end.view.decisions?.length).toBeGreaterThan(0);
    }
  });
}

test('with any messages in any order, the provider ends as decided and no task fails', () =>
  fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: AGENTS, maxLength: AGENTS }), playAll),
    // Each run is five agents on a real server; the seed in the failure repeats the commands, if not their timing.
    { numRuns: 2, endOnFailure: true },
  ));

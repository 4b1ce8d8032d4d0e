/** The last message of `drover up` names the agents that run on, and no others. */
import { farewell, howToStop } from '../../../../src/cli/text/up/farewell';
import { strayText } from '../../../../src/cli/text/strays';
import type { RunningAgents } from '../../../../src/cli/lib/running-agents';

const agents = (counts: Record<string, number>): RunningAgents => new Map(Object.entries(counts));

test.each<[Record<string, number> | null, string | undefined]>([
  [{}, undefined],
  [
    { mars: 1 },
    'drover: 1 agent runs on. "drover up" in this directory gets it back; drover destroy mars while it is up removes it.',
  ],
  [
    { mars: 5 },
    'drover: 5 agents run on. "drover up" in this directory gets them back; drover destroy mars while it is up removes them.',
  ],
  [
    { mars: 5, venus: 2 },
    'drover: 7 agents run on (5 of mars, 2 of venus). "drover up" in this directory gets them back; drover destroy FLEET while it is up removes them.',
  ],
  [
    null,
    'drover: agents that run go on. "drover up" in this directory gets them back; drover destroy FLEET while it is up removes them.',
  ],
])('the last message, with %j', (running, text) => {
  expect(farewell(running && agents(running))).toBe(text);
});

test('of many fleets, five are named', () => {
  const many = agents(Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((fleet) => [fleet, 1])));
  expect(farewell(many)).toContain('(1 of a, 1 of b, 1 of c, 1 of d, 1 of e, 2 more fleets)');
});

test.each<[string | undefined, Record<string, number> | null, string]>([
  [undefined, {}, 'Ctrl-C stops.'],
  [undefined, { own: 1 }, 'Ctrl-C stops; the agent of fleet own keeps running.'],
  [undefined, { own: 2, mars: 3 }, 'Ctrl-C stops; the 5 agents (2 of own, 3 of mars) keep running.'],
  ['mars', {}, 'Ctrl-C destroys the fleet mars and stops.'],
  ['mars', { own: 2 }, 'Ctrl-C destroys the fleet mars and stops; the 2 agents of fleet own keep running.'],
  ['mars', null, 'Ctrl-C destroys the fleet mars and stops; agents that run go on.'],
])('how to stop, destroying %s, with %j beside it', (destroys, others, text) => {
  expect(howToStop(destroys, others && agents(others))).toBe(text);
});

test('agents without a control plane are named with their processes and the way on', () => {
  expect(strayText([{ fleet: 'own', agent: 'A', processes: [7, 8] }])).toBe(
    '1 agent runs without drover up: own/A (7, 8); drover up in this directory gets it back; drover destroy own while it is up removes it',
  );
  const many = Array.from({ length: 12 }, (_, index) => ({
    fleet: `f${String(index % 2)}`,
    agent: `A${String(index)}`,
    processes: [index],
  }));
  expect(strayText(many)).toMatch(
    /^12 agents run without drover up: f0\/A0 \(0\), .*, and 2 more; .*destroy FLEET while/,
  );
});

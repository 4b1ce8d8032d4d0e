/** Which edges of a topology are in use, from the branches of a run. */
import type { LiveBranchRecord } from '../../src/contract/run';
import { type Flow, flowsOf, summed } from '../../src/dashboard/state/flows';

const AT = '2026-01-01T00:00:00.000Z';

/** `id agents outcome`, such as `0.1 AgentC,AgentD running`. */
function branch(text: string): LiveBranchRecord {
  const [id = '', agents = '', outcome = ''] = text.split(' ');
  const isOpen = outcome === 'running' || outcome === 'waiting';
  return {
    id,
    parent: id.includes('.') ? id.slice(0, id.lastIndexOf('.')) : null,
    agents: agents.split(',').filter(Boolean),
    turns: 1,
    outcome: outcome as LiveBranchRecord['outcome'],
    error: null,
    startedAt: AT,
    endedAt: isOpen ? null : AT,
  };
}

const texts = (flows: readonly Flow[]): string[] =>
  flows.map(({ from, to, branches, waits }) => `${from}>${to} ${String(branches)}${waits ? ' waits' : ''}`);

test.each<[string, readonly string[], readonly string[]]>([
  ['the first agent', ['0 A running'], ['Start>A 1']],
  ['a hand-over', ['0 A,B running'], ['A>B 1']],
  ['a fan-out', ['0 A running', '0.1 B running', '0.2 C,D running'], ['A>B 1', 'C>D 1']],
  ['a fan-out of which one has ended', ['0 A running', '0.1 B completed', '0.2 C running'], ['A>C 1']],
  ['the agent that goes on', ['0 A running', '0.1 B completed', '0.2 C completed'], ['B>A 1', 'C>A 1']],
  ['two branches to the same agent', ['0 A running', '0.1 B running', '0.2 B running'], ['A>B 2']],
  ['a question', ['0 A waiting'], ['Start>A 1 waits']],
  ['one of two waits', ['0 A running', '0.1 B waiting', '0.2 B running'], ['A>B 2']],
  ['a branch without an agent yet', ['0  running'], []],
  ['a run that is over', ['0 A completed'], []],
  ['no branch', [], []],
])('%s', (_, branches, expected) => {
  expect(texts(summed(flowsOf(branches.map(branch))))).toEqual(expected);
});

/** What each status and each runtime is called in the rules, by table. */
import type { AgentStatus, Runtime } from '../../../src/contract/agent';
import * as lifecycle from '../../../src/rules/agent/lifecycle';

const { isActive, isPaused, isPending, isStopped, hasFailed, isTerminated, isOver } = lifecycle;
const { isUp, isSuspended, isDown, isStarting, isStopping, hasCrashed, isAtRest, isAlive } = lifecycle;

/** The names of the predicates that hold. */
function holding<T>(predicates: Readonly<Record<string, (agent: T) => boolean>>, agent: T): string[] {
  return Object.keys(predicates).filter((name) => predicates[name]?.(agent));
}

const ofStatus = { isPending, isActive, isPaused, isStopped, hasFailed, isTerminated, isOver };
const ofRuntime = { isUp, isSuspended, isDown, isStarting, isStopping, hasCrashed, isAtRest, isAlive };

test.each<[AgentStatus, string[]]>([
  ['pending', ['isPending']],
  ['running', ['isActive']],
  ['paused', ['isPaused']],
  ['stopped', ['isStopped', 'isOver']],
  ['failed', ['hasFailed']],
  ['terminated', ['isTerminated', 'isOver']],
])('the status %s is %j', (status, names) => {
  expect(holding(ofStatus, { status })).toEqual(names);
});

test.each<[Runtime, string[]]>([
  ['starting', ['isStarting']],
  ['running', ['isUp', 'isAlive']],
  ['paused', ['isSuspended', 'isAlive']],
  ['stopping', ['isStopping']],
  ['stopped', ['isDown', 'isAtRest']],
  ['crashed', ['hasCrashed', 'isAtRest']],
])('the runtime %s is %j', (runtime, names) => {
  expect(holding(ofRuntime, { runtime })).toEqual(names);
});

/** The limits of a branch: the rules of its topology, and sizes. Each error names its limit. */
import { DroverError } from '../../../contract/errors';
import { describeProblem, jsonProblem } from '../../../contract/values/json';
import { SIZE_LIMITS, type TurnReply, type TurnRequest } from '../../../contract/agent/turns';
import { jsonBytes } from '../../lib/json-bytes';
import type { Topology } from '../../topology/topology';
import type { Sizes } from '../effects';
import { routeTo } from '../route';
import type { BranchState, Counts } from '../state';

/** Why the branch may take no further turn; null if it may. */
export function turnLimit(state: BranchState): string | null {
  const { rules } = state.context.topology;
  if (state.counts.steps >= rules.maxSteps) return `max_steps(${String(rules.maxSteps)}) reached`;
  if (state.turnsUsed >= state.context.turnsLeft) return `max_turns_total(${String(rules.maxTurnsTotal)}) reached`;
  return null;
}

/**
 * Why the reply invokes too many agents at once; null if it does not. A value for a waiting
 * agent or a rendezvous costs no turn, and `turnLimit` bounds a single invocation, which is a
 * hand-over.
 */
export function fanOutLimit({ context, turnsUsed }: BranchState, reply: TurnReply): string | null {
  if (reply.action !== 'invoke' || reply.invocations.length === 1) return null;
  const branches = reply.invocations.filter(({ agent }) => routeTo(context, agent) === 'branch').length;
  const left = Math.max(0, context.turnsLeft - turnsUsed);
  if (branches <= left) return null;
  const total = `max_turns_total(${String(context.topology.rules.maxTurnsTotal)})`;
  return `LimitReached: reply.invocations: ${String(branches)} branches need as many turns, ${total} leaves ${String(left)}`;
}

/** The counts after a hand-over, or the error if it exceeds a rule. */
export function countHandOver(topology: Topology, counts: Counts, from: string, to: string): Counts | string {
  const handOvers = topology.rules.maxTurns.map(({ a, b }, rule) => {
    const between = (a === from && b === to) || (a === to && b === from);
    return (counts.handOvers[rule] ?? 0) + (between ? 1 : 0);
  });
  const exceeded = topology.rules.maxTurns.find(({ max }, rule) => (handOvers[rule] ?? 0) > max);
  if (exceeded) return `max_turns(${exceeded.a} <-> ${exceeded.b}, ${String(exceeded.max)}) reached`;
  return { ...counts, handOvers };
}

/** The rule that limits a turn of `agent`, in milliseconds and in words; null: no rule does. */
export function turnTimeout(topology: Topology, agent: string): { readonly ms: number; readonly rule: string } | null {
  const { byAgent, default: fallback } = topology.rules.agentTimeoutS;
  const own = Object.hasOwn(byAgent, agent) ? byAgent[agent] : undefined;
  if (own !== undefined) return { ms: own * 1_000, rule: `agent_timeout(${agent}:${String(own)}) reached` };
  if (fallback !== null) return { ms: fallback * 1_000, rule: `agent_timeout(default:${String(fallback)}) reached` };
  return null;
}

/**
 * Checks that a task fits in a turn. Throws `LimitReached`, or `InvalidRequest` if it is not
 * JSON.
 */
export function checkTask(task: unknown): void {
  checkJson('task', task);
  const problem = tooLarge('task', jsonBytes(task), SIZE_LIMITS.value);
  if (problem !== null) throw new DroverError('LimitReached', problem);
}

/**
 * Checks that a value can be sent as JSON. Throws `InvalidRequest` with the path of the problem.
 */
export function checkJson(name: string, value: unknown): void {
  const problem = jsonProblem(value);
  if (problem) throw new DroverError('InvalidRequest', describeProblem(problem, name));
}

/** The error of an oversized reply; null if every field fits. */
export function oversizedReply(reply: TurnReply, sizes: Sizes): string | null {
  for (const [field, value] of fieldsOf(reply)) {
    const problem = oversized(field, value, sizes.value);
    if (problem !== null) return problem;
  }
  return null;
}

/** The error of an oversized turn request; null if it fits. */
export function oversizedTurn(request: TurnRequest, sizes: Sizes): string | null {
  const { input } = request;
  if (input.kind === 'results') {
    const bytes = input.results.reduce((sum, { value }) => sum + jsonBytes(value), 0);
    const problem = overLimit('results', bytes, sizes.results);
    if (problem !== null) return problem;
  }
  return sizes.turnRequest === Infinity ? null : oversized('the turn request', request, sizes.turnRequest);
}

/** The error of a value above `limit` bytes of JSON; null if it fits. */
function oversized(field: string, value: unknown, limit: number): string | null {
  return overLimit(field, jsonBytes(value), limit);
}

/** The same for a known size. */
export function overLimit(field: string, bytes: number, limit: number): string | null {
  const problem = tooLarge(field, bytes, limit);
  return problem === null ? null : `LimitReached: ${problem}`;
}

function tooLarge(field: string, bytes: number, limit: number): string | null {
  return bytes > limit ? `${field} is ${String(bytes)} bytes, at most ${String(limit)} are allowed` : null;
}

function fieldsOf(reply: TurnReply): [string, unknown][] {
  const undo: [string, unknown][] = reply.undo === undefined ? [] : [['undo', reply.undo]];
  switch (reply.action) {
    case 'invoke':
      return [
        ...reply.invocations.map(({ request }, index): [string, unknown] => [
          `invocations[${String(index)}].request`,
          request,
        ]),
        ...undo,
      ];
    case 'final':
      return [['response', reply.response], ...undo];
    case 'ask':
      return [['question', reply.question], ['default', reply.default ?? null], ...undo];
    case 'fail':
      return [['error', reply.error], ...undo];
  }
}

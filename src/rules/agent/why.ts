/**
 * The first sentence of `describe`: why an agent is not working, and which command or event changes
 * that.
 */
import { hasCrashed, isStarting, isStopping, isSuspended, isUp } from './lifecycle';
import type { Hold } from '../../contract/agent';
import { SUBSCRIPTION_HOLD } from '../../contract/names';
import { type AgentState, isAvailable } from './state';
import { lacksSubscription } from './subscription/switch';
import { blocksTurns } from './subscription/state';
import { releaseCommand } from './commands/holds';
import { oneLine, SHORT_BYTES } from '../../contract/text';
import { utcText } from '../lib/time';

/** One sentence, or null for an agent that works. Times are UTC. */
export function why(state: AgentState): string | null {
  const name = `${state.fleet}/${state.agent}`;
  switch (state.status) {
    case 'pending':
      if (lacksSubscription(state)) return noCredentialWhy(state);
      return isStarting(state)
        ? 'Starting: the provider is waking it'
        : `Not started yet${because(state.reason)}: Drover wakes it next`;
    case 'running':
      return state.restarting === null ? runningWhy(state) : `Restarting${inFlight(state)}: wait for its next beat`;
    case 'paused':
      return pausedWhy(state, name);
    case 'stopped':
      return `${isStopping(state) ? 'Stopping' : 'Stopped'}${because(state.reason)}: drover start ${name}`;
    case 'failed':
      return `Failed${because(state.reason)}: drover start ${name}`;
    case 'terminated':
      return `Terminated${state.destroyed ? '' : `, its resource is being destroyed${retrying(state)}`}: apply the fleet again`;
  }
}

/** The same in one line of at most 600 bytes, for lists and events. */
export function shortWhy(state: AgentState): string | null {
  const reason = why(state);
  return reason === null ? null : oneLine(reason, SHORT_BYTES);
}

/**
 * Why an agent that should work takes no turns, as the predicate of a sentence: "has announced no
 * endpoint in its beats".
 */
export function unavailability(state: AgentState): string {
  if (state.restarting !== null) return 'is restarting';
  switch (state.runtime) {
    case 'crashed':
      return `has crashed${because(state.reason)}`;
    case 'paused':
      return 'is being resumed';
    case 'stopping':
      return 'is stopping before it starts again';
    case 'stopped':
      return lacksSubscription(state)
        ? `waits for a credential of pool ${state.config.spec.subscription?.pool ?? ''}`
        : 'has not started';
    case 'starting':
      return 'is starting';
    case 'running':
      return silence(state);
  }
}

function silence({ liveness, instance: { lastProofAt } }: AgentState): string {
  if (liveness === 'offline')
    return lastProofAt === null ? 'has sent no beat' : `is offline, its last proof was at ${utcText(lastProofAt)},`;
  if (liveness === 'starting') return 'has sent no beat with status ready';
  return 'has announced no endpoint in its beats';
}

function runningWhy(state: AgentState): string | null {
  if (isAvailable(state)) return null;
  if (isUp(state) && blocksTurns(state.switches)) return switchingWhy(state);
  switch (state.runtime) {
    case 'crashed':
      return `Crashed${because(state.reason)}: Drover restarts it${state.restartAt === null ? '' : ` at ${utcText(state.restartAt)}`}`;
    case 'paused':
      return 'Resuming: the provider is continuing it';
    case 'stopping':
      return `Stopping before it starts again${retrying(state)}: wait for its next beat`;
    case 'stopped':
    case 'starting':
      return 'Starting: the provider is waking it';
    case 'running':
      return silentWhy(state);
  }
}

function switchingWhy(state: AgentState): string {
  const { from, to, pool = '', lost = 0 } = state.switches.switching ?? {};
  if (lost > 0) return `Its pool ${pool} is gone, and its fleet starts it again: the agent then continues by itself`;
  const goal = to ? ` to ${to.name}` : '';
  return `Switching from ${from?.name ?? 'no subscription'}${goal}${inFlight(state)}: it continues by itself`;
}

function noCredentialWhy(state: AgentState): string {
  const held = state.holds.find(({ name }) => name === SUBSCRIPTION_HOLD);
  if (held) return `${heldBy(held)}: it then starts by itself, or earlier with drover pools reset`;
  const { pool = '', lost = 0 } = state.switches.switching ?? {};
  if (lost > 0) return `Its pool ${pool} is gone, and its fleet starts it again: the agent then starts by itself`;
  return `Waiting for a subscription of pool ${state.config.spec.subscription?.pool ?? ''}: apply a fleet file that describes it`;
}

function silentWhy(state: AgentState): string {
  const last = state.instance.lastProofAt;
  if (state.liveness === 'offline')
    return `Offline${last === null ? ', it never sent a beat' : `, last proof at ${utcText(last)}`}: its next beat brings it back`;
  if (state.liveness === 'starting') return 'Starting: it works after a beat with status ready';
  return 'Without an endpoint: it works after a beat that names one';
}

function pausedWhy(state: AgentState, name: string): string {
  const [first, ...others] = state.holds;
  if (first === undefined) return `Paused: drover start ${name}`;
  const more = others.length === 0 ? '' : `, and by ${others.map((hold) => hold.name).join(', ')}`;
  if (hasCrashed(state)) {
    return `${heldBy(first)}${more}; its process has ended${because(state.reason)}: drover restart ${name}`;
  }
  const pausing = isSuspended(state) ? '' : `; pausing${inFlight(state)}`;
  return `${heldBy(first)}${more}${pausing}: ${releaseCommand(first.name, state)}`;
}

function heldBy({ name, reason, since }: Hold): string {
  const quoted = reason === null ? '' : ` ("${reason}")`;
  if (name === SUBSCRIPTION_HOLD) return `Held by subscription${reason === null ? '' : `: ${reason}`}`;
  return `Paused by ${name} since ${utcText(since, 'minutes')}${quoted}`;
}

function inFlight(state: AgentState): string {
  const count = state.turns.inFlight.length;
  return count === 0 ? '' : ` (${String(count)} ${count === 1 ? 'turn' : 'turns'} in flight)`;
}

function retrying(state: AgentState): string {
  return state.retryAt === null ? '' : ` (the provider failed, next try at ${utcText(state.retryAt)})`;
}

function because(reason: string | null): string {
  return reason === null ? '' : ` (${reason})`;
}

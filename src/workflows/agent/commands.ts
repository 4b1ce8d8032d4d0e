/** The agent's updates. The validator refuses before anything reaches the history; the handler applies the same rule and waits for the effect. */
import { type UpdateDefinition, ApplicationFailure } from '@temporalio/common';
import { CancellationScope, condition, setHandler } from '@temporalio/workflow';
import { type AgentCommand, type CommandResult, AGENT_COMMANDS } from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import { agentUpdates } from '../../contract/agent/messages';
import { parseConfiguration, parseOptions } from '../../rules/agent/messages';
import type { RememberedRequest } from '../../rules/agent/state';
import { type CommandRequest, decide, holdOf } from '../../rules/agent/commands/commands';
import { configure } from '../../rules/agent/commands/configure';
import { markOf, type RequestMark } from '../../rules/lib/fingerprint';
import { namedOrigin, originText } from '../../rules/lib/origin';
import { rememberAnswer, recall, remember } from '../../rules/agent/commands/requests';
import { commandResult, commandState, rememberedResult } from '../../rules/agent/view';
import type { AgentMachine } from './machine';
import { refuseWhenOverdue } from '../shared/continue-as-new';
import { asFailure, errorBody } from '../shared/failures';

/** docs/workflow-rules.md, rule 3: the server allows ten updates in flight, so a waiting one would block the others. */
const ANSWER_AFTER = '5s';

const DESCRIPTIONS: Readonly<Record<AgentCommand, string>> = {
  pause: 'Adds a hold and suspends the agent: {hold?, reason?, mode?: drain|freeze, drainTimeout?, requestId?, wait?}',
  resume: 'Removes a hold; the agent continues when no hold is left: {hold?, cancelPending?, requestId?, wait?}',
  stop: 'Stops the agent with a grace period, then kills it: {grace?, requestId?, wait?}',
  start: 'Wakes a stopped or failed agent: {requestId?, wait?}',
  restart: 'Drains, stops and starts the agent: {reason?, mode?: drain|freeze, requestId?, wait?}',
  terminate: 'Stops the agent, destroys its resource and ends this workflow: {requestId?, wait?}',
  hold: 'Adds a hold in any status: {hold, reason?, requestId?, wait?}',
  release: 'Removes a hold in any status: {hold, requestId?, wait?}',
};

/** Registers every update of the agent. */
export function handleCommands(machine: AgentMachine): void {
  for (const command of AGENT_COMMANDS) handle(machine, command);
  setHandler(agentUpdates.configure, (argument: unknown) => configured(machine, argument), {
    validator: (argument: unknown) => {
      refusing(() => {
        mustNotBeOverdue(machine);
        configure(machine.state, parseConfiguration(argument, 'configure'));
      });
    },
    description: 'Gives the agent a newer revision of its specification (used by the fleet)',
  });
}

function handle(machine: AgentMachine, command: AgentCommand): void {
  const update = agentUpdates[command] as UpdateDefinition<CommandResult, [unknown]>;
  setHandler(update, (argument) => run(machine, requestOf(command, argument)), {
    validator: (argument) => {
      refusing(() => {
        const request = requestOf(command, argument);
        if (recall(machine.state, mark(request)) !== undefined) return;
        mustNotBeOverdue(machine);
        decide(machine.state, request, Date.now());
      });
    },
    description: DESCRIPTIONS[command],
  });
}

/** Parses a command's options. Throws `InvalidRequest`. */
export function requestOf(command: AgentCommand, argument: unknown): CommandRequest {
  return { command, options: parseOptions(command, argument) } as CommandRequest;
}

/** Identifies a repeat of the command. Undefined for a command without request id. */
export function mark({ command, options }: CommandRequest): RequestMark | undefined {
  return markOf(command, options);
}

/** Throws while continue-as-new is overdue; the client retries. */
export function mustNotBeOverdue({ state }: AgentMachine): void {
  refuseWhenOverdue(`${state.fleet}/${state.agent}`, state.continueAfterEvents ?? undefined);
}

async function run(machine: AgentMachine, request: CommandRequest): Promise<CommandResult> {
  const { requestId, wait = true } = request.options;
  const known = refusing(() => recall(machine.state, mark(request)));
  if (known !== undefined) return repeated(machine, known, wait);
  const changed = refusing(() => accept(machine, request));
  return effect(machine, machine.state.op, requestId, changed, wait);
}

/** Applies a command that came by update or by signal. Returns whether it changed the state; throws the refusal. */
export function accept(machine: AgentMachine, request: CommandRequest, way = ''): boolean {
  const { changed } = decide(machine.state, request, Date.now());
  const reason = 'reason' in request.options ? request.options.reason : undefined;
  machine.change((state, now) => remember(decide(state, request, now).state, mark(request), changed), {
    by: originText(request.options, holdOf(request)),
    origin: namedOrigin(request.options),
    what: `${request.command}${way}`,
    why: reason ?? null,
    always: changed,
  });
  return changed;
}

async function repeated(machine: AgentMachine, known: RememberedRequest, wait: boolean): Promise<CommandResult> {
  if (known.error !== null) throw failureFor(new DroverError(known.error.code, known.error.message));
  if (known.answer !== null) return rememberedResult(machine.state, known);
  return effect(machine, known.op, known.requestId, known.changed, wait);
}

/** Returns how far the effect has come, after waiting for it unless `wait` is false. */
async function effect(
  machine: AgentMachine,
  op: number,
  requestId: string | undefined,
  changed: boolean,
  wait: boolean,
): Promise<CommandResult> {
  const isOver = (): boolean => machine.failureSince(op) !== null || commandState(machine.state) === 'done';
  if (wait && changed && !isOver()) {
    await CancellationScope.nonCancellable(() =>
      condition(isOver, ANSWER_AFTER, { summary: 'wait for the effect of a command' }),
    );
  }
  const error = changed ? machine.failureSince(op) : null;
  const result = commandResult(machine.state, requestId, changed);
  machine.change((state) => rememberAnswer(state, requestId, error ?? result.state));
  if (error !== null) throw failureFor(new DroverError(error.code, error.message));
  return result;
}

function configured(machine: AgentMachine, argument: unknown): CommandResult {
  return refusing(() => {
    const config = parseConfiguration(argument, 'configure');
    const { changed } = configure(machine.state, config);
    machine.change((state) => configure(state, config).state, {
      by: 'fleet',
      what: `configure revision ${String(config.revision)}`,
      always: changed,
    });
    return commandResult(machine.state, undefined, changed);
  });
}

function refusing<T>(decision: () => T): T {
  try {
    return decision();
  } catch (error) {
    throw failureFor(error);
  }
}

/** Puts a refusal's facts beside its code and message, where clients expect them (docs/http.md, "Errors"). */
function failureFor(error: unknown): Error {
  if (!(error instanceof DroverError)) return asFailure(error);
  const { code, message, details } = errorBody(error);
  const body = details === undefined ? { code, message } : { code, message, details, ...details };
  return ApplicationFailure.create({ type: code, message, nonRetryable: true, details: [body] });
}

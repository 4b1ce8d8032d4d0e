/** The agent's signals: facts, and pause and resume. A refused signal is recorded as a decision and changes nothing. */
import type { SignalDefinition } from '@temporalio/common';
import { agentSignals } from '../../contract/agent/messages';
import {
  parseCheck,
  parseHeartbeat,
  parseInstanceEnded,
  parseLeaseLost,
  parseSilent,
  parseTurnRef,
  parseTurnRequested,
} from '../../rules/agent/messages';
import { applyLeaseLost, applySilent } from '../../rules/agent/liveness/leases';
import { applyBeat, applyCheck } from '../../rules/agent/liveness/liveness';
import { applyEnd, probedAfterBeat, withProbes } from '../../rules/agent/liveness/probes';
import { rememberAnswer, recall } from '../../rules/agent/commands/requests';
import { requestTurn, withdrawTurn } from '../../rules/agent/turns/queue';
import { commandState } from '../../rules/agent/view';
import { accept, mark, requestOf } from './commands';
import type { AgentMachine } from './machine';
import type { AgentTurns } from './turns';
import { type Ignore, receive } from '../shared/messages/receive';
import { ignoreUnknownMessages } from '../shared/messages/unknown-messages';

/** Registers every signal of the agent. */
export function handleSignals(machine: AgentMachine, turns: AgentTurns): void {
  const refuse: Ignore = (what, why) => {
    machine.refuse(what, why);
  };
  receive(
    agentSignals.heartbeat,
    parseHeartbeat,
    (beat) => {
      machine.change(
        (state, now) => {
          const next = applyBeat(state, beat, now);
          if (next === state) return state;
          return probedAfterBeat(next, beat.status, now);
        },
        { by: 'agent', what: `beat ${beat.status}` },
      );
    },
    refuse,
  );
  receive(
    agentSignals.checkReported,
    parseCheck,
    (check) => {
      machine.change((state, now) => withProbes(applyCheck(state, check, now), now), {
        by: 'monitor',
        what: check.passed ? 'check passed' : 'check failed',
      });
    },
    refuse,
  );
  receive(
    agentSignals.instanceEnded,
    parseInstanceEnded,
    (ended) => {
      machine.change((state) => applyEnd(state, ended));
    },
    refuse,
  );
  receive(
    agentSignals.silent,
    parseSilent,
    (silent) => {
      machine.change((state, now) => applySilent(state, silent, now), {
        by: 'gateway',
        what: `no beat for ${String(Math.round(silent.silentForMs / 1_000))} s`,
      });
    },
    refuse,
  );
  receive(
    agentSignals.leaseLost,
    parseLeaseLost,
    (lost) => {
      machine.change((state, now) => applyLeaseLost(state, lost, now), { by: 'lease', what: 'its gateway is gone' });
    },
    refuse,
  );
  receive(
    agentSignals.turnRequested,
    parseTurnRequested,
    (asked) => {
      const { state, answer } = requestTurn(machine.state, asked, Date.now());
      if (answer !== null) turns.answer(asked.replyTo, asked.turnId, answer);
      else if (state === machine.state) turns.remind(asked.turnId);
      else machine.change(() => state);
    },
    refuse,
  );
  receive(
    agentSignals.turnWithdrawn,
    parseTurnRef,
    ({ turnId }) => {
      machine.change((state) => withdrawTurn(state, turnId));
    },
    refuse,
  );
  for (const command of ['pause', 'resume'] as const) {
    receive(
      agentSignals[command] as SignalDefinition<[unknown]>,
      (argument) => requestOf(command, argument),
      (request) => {
        const { requestId } = request.options;
        if (recall(machine.state, mark(request)) !== undefined) return;
        accept(machine, request, ' by signal');
        machine.change((state) => rememberAnswer(state, requestId, commandState(state)));
      },
      refuse,
    );
  }
  ignoreUnknownMessages(refuse);
}

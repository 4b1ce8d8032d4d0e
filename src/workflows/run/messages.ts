/** The signals, updates and the query of a run. */
import { setHandler } from '@temporalio/workflow';
import { agentSignals } from '../../contract/agent/messages';
import { describeRun, runSignals } from '../../contract/run/messages';
import { parseTurnRef, parseTurnRequested } from '../../rules/agent/messages';
import { parseBranchRef, parseBranchesChanged } from '../../rules/run/messages';
import type { Family } from '../branch/family';
import { handleCommands } from './commands';
import type { RunLife } from './life';
import { handleQuestions } from './questions';
import type { ScriptedAgents } from './script';
import { ignoreUnknownMessages } from '../shared/messages/unknown-messages';

/** Registers every handler. `scripted` is null when the agents take their turns themselves. */
export function handleRunMessages(life: RunLife, family: Family, scripted: ScriptedAgents | null): void {
  setHandler(describeRun, () => life.view(), { description: 'Returns the current state of the run' });
  handleCommands(life, family);
  handleQuestions(life);
  for (const signal of [runSignals.branchSuspended, runSignals.branchResumed]) {
    life.receive(signal, parseBranchRef, ({ branch, why }) => {
      if (signal === runSignals.branchSuspended) life.suspended.set(branch, why ?? null);
      else life.suspended.delete(branch);
      life.changed();
    });
  }
  life.receive(runSignals.branchesChanged, parseBranchesChanged, ({ branches }) => {
    life.learn(branches);
  });
  if (scripted !== null) {
    life.receive(agentSignals.turnRequested, parseTurnRequested, (message) => {
      scripted.requested(message);
    });
    life.receive(agentSignals.turnWithdrawn, parseTurnRef, ({ turnId }) => {
      scripted.withdrawn(turnId);
    });
  }
  ignoreUnknownMessages(life.ignore);
}

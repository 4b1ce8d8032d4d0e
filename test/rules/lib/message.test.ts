/** Every message that a person may send by hand is refused with the problem and the right shape. */
import { DroverError } from '../../../src/contract/errors';
import * as agent from '../../../src/rules/agent/messages';
import * as change from '../../../src/rules/change/messages';
import * as events from '../../../src/rules/events/messages';
import { initialFleet } from '../../../src/rules/fleet/input';
import * as fleet from '../../../src/rules/fleet/spec/spec';
import { AGENT_COMMANDS } from '../../../src/contract/agent';
import * as grants from '../../../src/rules/lib/grants';
import { AGENT_INPUT } from '../../../src/rules/agent/input/migrate';
import { NOTIFY_INPUT } from '../../../src/rules/events/migrate';
import { FLEET_INPUT } from '../../../src/rules/fleet/migrate';
import { LEASE_INPUT } from '../../../src/rules/lease/migrate';
import * as lease from '../../../src/rules/lease/messages';
import { POOL_INPUT } from '../../../src/rules/pool/migrate';
import { RUN_INPUT } from '../../../src/rules/run/migrate';
import * as pool from '../../../src/rules/pool/messages';
import * as run from '../../../src/rules/run/messages';
import { parseRunStart } from '../../../src/rules/run/scenario';

type Read = (value: unknown, path: string) => unknown;

const COMMANDS: [string, Read][] = AGENT_COMMANDS.map((command) => [
  command,
  (value) => agent.parseOptions(command, value),
]);
const MESSAGES: [string, Read][] = [
  ...COMMANDS,
  ['heartbeat', agent.parseHeartbeat],
  ['checkReported', agent.parseCheck],
  ['instanceEnded', agent.parseInstanceEnded],
  ['silent', agent.parseSilent],
  ['leaseLost', agent.parseLeaseLost],
  ['renew', lease.parseRenewal],
  ['turnWithdrawn', agent.parseTurnRef],
  ['turnRequested', agent.parseTurnRequested],
  ['reportFailure', agent.parseFailureReport],
  ['configure', agent.parseConfiguration],
  ['apply', fleet.applyRequest],
  ['destroy', fleet.destroyRequest],
  ['cancel', fleet.cancelRequest],
  ['pause', fleet.pauseRequest],
  ['resume', fleet.resumeRequest],
  ['compensate', fleet.compensateRequest],
  ['scale', fleet.scaleRequest],
  ['nameRun', fleet.runNamed],
  ['agentGone', fleet.agentGone],
  ['poolGone', fleet.poolGone],
  ['usageLeft', fleet.usageLeft],
  ['agentReported', change.parseAgentReport],
  ['holdsChanged', change.parseHoldsChanged],
  ['cancelRequested', change.parseCancelOrder],
  ['configure', pool.parsePoolConfiguration],
  ['reset', pool.parseReset],
  ['leave', pool.parsePoolLeft],
  ['allocationRequested', pool.parseAllocationRequested],
  ['allocationRejected', pool.parseAllocationRejected],
  ['agentGone', pool.parseAgentGone],
  ['failureObserved', grants.parseFailureObserved],
  ['allocationGranted', grants.parseAllocationGranted],
  ['answer', run.parseAnswer],
  ['cancel', run.parseCancel],
  ['pause', run.parseControl],
  ['questionAsked', run.parseQuestionAsked],
  ['questionWithdrawn', run.parseQuestionRef],
  ['branchSuspended', run.parseBranchRef],
  ['branchesChanged', run.parseBranchesChanged],
  ['turnAnswered', run.parseTurnAnswered],
  ['answerGiven', run.parseAnswerGiven],
  ['stopRequested', run.parseStopRequested],
];

function refusal(read: Read, value: unknown, path: string): string {
  try {
    read(value, path);
  } catch (error) {
    if (error instanceof DroverError && error.code === 'InvalidRequest') return error.message;
    throw error;
  }
  return 'taken';
}

test.each(MESSAGES)('%s', (name, read) => {
  for (const wrong of [7, 'text', [], { nothingLikeThis: 1 }]) {
    const message = refusal(read, wrong, name);
    expect(message).toMatch(new RegExp(`^${name}[.:]`));
    expect(message).toMatch(new RegExp(`; ${name} takes \\{\\w+\\??(?:, \\w+\\??)*\\}$`));
  }
});

test('the shape marks what may be absent', () => {
  expect(refusal(agent.parseHeartbeat, { instanceId: 'i', status: 'fine' }, 'heartbeat')).toBe(
    'heartbeat.status: expected one of starting, ready, degraded, stopping, got "fine"; ' +
      'heartbeat takes {instanceId, seq?, status, endpoint?, load?, session?, via?, lease?, gateway?, n?}',
  );
});

test.each<[string, Read, string]>([
  ['agent', (value) => agent.parseAgentInput(AGENT_INPUT.migrate(value)), '{v: 1, fleet, agent, spec?, holds?}'],
  [
    'run',
    (value, path) => parseRunStart(RUN_INPUT.migrate(value), path),
    '{v: 1, fleet, run, task, topology?, services?, script?, trace?, notify?, inbox?, requestId?, by?, from?}',
  ],
  ['fleet', (value) => initialFleet(FLEET_INPUT.migrate(value), 'i'), '{v: 1, fleet}'],
  [
    'pool',
    (value, path) => pool.parsePoolInput(POOL_INPUT.migrate(value), path),
    '{v: 1, pool, credentials, skipFor?, fleet?, notify?}',
  ],
  ['lease', (value, path) => lease.parseLeaseInput(LEASE_INPUT.migrate(value), path), '{v: 1, instance, shard, epoch}'],
  ['notify', (value, path) => events.parseNotifyInput(NOTIFY_INPUT.migrate(value), path), '{v: 1, event, target}'],
])('the start of a workflow "%s"', (_, read, shape) => {
  for (const wrong of [undefined, 7, 'text', [], {}, { v: 'x' }, { v: 1 }, { v: 1, fleet: 7 }]) {
    const message = refusal(read, wrong, 'input');
    expect(message).toMatch(/^input[.:]/);
    expect(message).toMatch(new RegExp(`; input takes ${shape.replace(/[{}?]/g, (char) => `\\${char}`)}$`));
  }
});

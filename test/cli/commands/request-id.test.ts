/** Every command that changes something takes a request id, as every such call over HTTP takes an idempotency key. */
import { Command } from 'commander';
import { register as agents } from '../../../src/cli/commands/agents';
import { register as changes } from '../../../src/cli/commands/changes';
import { register as fleets } from '../../../src/cli/commands/fleets';
import { register as inbox } from '../../../src/cli/commands/inbox';
import { register as pools } from '../../../src/cli/commands/pools';
import { register as reportFailure } from '../../../src/cli/commands/report-failure';
import { register as runs } from '../../../src/cli/commands/runs';
import { register as scale } from '../../../src/cli/commands/scale';
import { type Call, CALLS } from '../../../src/contract/schemas/http';

/** Which command makes which call. */
const COMMANDS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['pause', 'resume', 'stop', 'start', 'restart', 'terminate', 'hold', 'release'].map((name) => [name, name]),
  ),
  reportFailure: 'report-failure',
  applyFleet: 'apply',
  scaleFleet: 'scale',
  destroyFleet: 'destroy',
  cancelChange: 'cancel',
  compensateFleet: 'compensate',
  pauseFleet: 'pause',
  resumeFleet: 'resume',
  startRun: 'run',
  answerRun: 'answer',
  answerItem: 'answer',
  extendItem: 'inbox extend',
  denyItems: 'inbox deny',
  pauseRun: 'runs pause',
  resumeRun: 'runs resume',
  cancelRun: 'runs cancel',
  resetPool: 'pools reset',
};

const program = new Command();
for (const register of [agents, changes, fleets, inbox, pools, reportFailure, runs, scale]) register(program);

function find(words: string): Command | undefined {
  return words
    .split(' ')
    .reduce<Command | undefined>((at, word) => at?.commands.find((command) => command.name() === word), program);
}

test.each(Object.entries<Call>(CALLS).filter(([, { keyed }]) => keyed))('%s', (name) => {
  const command = find(COMMANDS[name] ?? '');
  expect(command?.options.map(({ long }) => long)).toContain('--request-id');
});

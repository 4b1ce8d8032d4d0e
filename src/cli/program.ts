/**
 * The commands of `drover`. A program has the group of one command: a read has half a second in
 * all, and the others are only named, for the help and for suggestions.
 */
import { Command } from 'commander';
import { packageVersion } from '../version';
import { COMPLETE } from './completion/name';
import { EXAMPLES } from './text/examples';

/** Adds the commands of one group. */
interface Group {
  readonly register: (program: Command) => void;
}

/** Every command with its summary and the file of its group. */
export const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Group> }>> = {
  up: {
    summary: 'run Temporal, a worker and the gateway here, and a fleet file on them',
    load: () => import('./commands/operate/up.js'),
  },
  init: { summary: 'write a first fleet: its file, an agent and a test', load: () => import('./commands/init.js') },
  worker: { summary: 'run a worker', load: () => import('./commands/operate/worker.js') },
  gateway: { summary: 'run the HTTP gateway', load: () => import('./commands/operate/gateway.js') },
  plan: { summary: 'show what applying a fleet file would change', load: () => import('./commands/fleets.js') },
  apply: { summary: 'make a fleet what its file says', load: () => import('./commands/fleets.js') },
  sign: {
    summary: 'print a fleet file with signatures, for clients without the key',
    load: () => import('./commands/sign.js'),
  },
  destroy: { summary: 'remove a fleet and everything it created', load: () => import('./commands/fleets.js') },
  cancel: {
    summary: 'stop the running change of a fleet, and undo it',
    load: () => import('./commands/changes.js'),
  },
  compensate: { summary: 'undo a failed change again', load: () => import('./commands/changes.js') },
  scale: { summary: 'change the number of replicas of an agent', load: () => import('./commands/scale.js') },
  gc: { summary: 'list, and with --yes remove, what has no owner', load: () => import('./commands/operate/gc.js') },
  get: { summary: 'list agents, fleets, runs or pools', load: () => import('./commands/get.js') },
  describe: { summary: 'show one agent, fleet, run or pool', load: () => import('./commands/describe.js') },
  wait: {
    summary: 'wait for the state of an agent, or the end of a run or of a change of a fleet',
    load: () => import('./commands/wait.js'),
  },
  events: { summary: 'print past or new events', load: () => import('./commands/events.js') },
  adapt: {
    summary: 'serve an agent that knows nothing of Drover, such as a command line tool',
    load: () => import('./commands/adapt.js'),
  },
  token: {
    summary: 'print the token of an external agent, or make, list and revoke those of people',
    load: () => import('./commands/operate/token.js'),
  },
  dashboard: {
    summary: 'print a link that logs a browser in at the dashboard, once',
    load: () => import('./commands/operate/dashboard.js'),
  },
  audit: { summary: 'show who did what through the gateway', load: () => import('./commands/operate/audit.js') },
  logs: { summary: 'print the log of an agent', load: () => import('./commands/logs.js') },
  pause: { summary: 'hold an agent, or a whole fleet', load: () => import('./commands/agents.js') },
  resume: { summary: 'release the hold of a pause', load: () => import('./commands/agents.js') },
  stop: { summary: 'stop an agent', load: () => import('./commands/agents.js') },
  start: { summary: 'start a stopped or failed agent', load: () => import('./commands/agents.js') },
  restart: { summary: 'drain, stop and start an agent', load: () => import('./commands/agents.js') },
  terminate: { summary: 'end an agent for good', load: () => import('./commands/agents.js') },
  hold: { summary: 'set a hold on an agent', load: () => import('./commands/agents.js') },
  release: { summary: 'release a hold of an agent', load: () => import('./commands/agents.js') },
  'report-failure': {
    summary: "report that work failed with an agent's credential",
    load: () => import('./commands/report-failure.js'),
  },
  run: { summary: "run a task over a fleet's topology", load: () => import('./commands/runs.js') },
  inbox: { summary: 'list what waits for a person', load: () => import('./commands/inbox.js') },
  answer: { summary: 'answer a waiting item, or the question of a run', load: () => import('./commands/runs.js') },
  runs: { summary: 'pause, resume or cancel a run', load: () => import('./commands/runs.js') },
  pools: { summary: 'reset the failures of credentials', load: () => import('./commands/pools.js') },
  simulate: { summary: 'play scenario files without a server', load: () => import('./commands/simulate.js') },
  doctor: { summary: 'check what is missing or not running', load: () => import('./commands/operate/doctor.js') },
  completion: { summary: 'print completions for a shell', load: () => import('./commands/about.js') },
  schema: { summary: 'print the JSON Schema of the fleet file', load: () => import('./commands/about.js') },
  version: { summary: 'print the version', load: () => import('./commands/about.js') },
};

/** The program with the options of one command; undefined: with none. */
export async function createProgram(word?: string): Promise<Command> {
  const program = new Command('drover')
    .description('Fleets of AI agents that survive everything.')
    .version(packageVersion(), '-V, --version')
    .helpCommand('help [command]', 'explain a command')
    .option('--no-color', 'print without colours')
    .showHelpAfterError('(drover help COMMAND explains a command)')
    .exitOverride();
  const group = await groupOf(word);
  group?.register(program);
  for (const [name, { summary }] of Object.entries(COMMANDS)) {
    const command = program.commands.find((registered) => registered.name() === name) ?? program.command(name);
    command.summary(summary).description(summary);
    const examples = (EXAMPLES[name] ?? []).map((example) => `  $ drover ${example}`);
    command.addHelpText('after', `\nExamples:\n${examples.join('\n')}`);
  }
  return program;
}

async function groupOf(word: string | undefined): Promise<Group | undefined> {
  if (word === COMPLETE) {
    const { registerWith } = await import('./completion/command.js');
    return { register: (program) => registerWith(program, createProgram) };
  }
  return word !== undefined && Object.hasOwn(COMMANDS, word) ? COMMANDS[word]?.load() : undefined;
}

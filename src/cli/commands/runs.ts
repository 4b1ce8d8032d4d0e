/** `drover run`, `drover answer`, `drover runs pause|resume|cancel`. */
import { type Command, Option } from 'commander';
import { DroverError } from '../../contract/errors';
import type { RunRef, Script } from '../../client';
import type { RunView } from '../../contract/run';
import { itemRef } from '../../contract/run/inbox';
import { commandOf, jsonOrText, parseDurationMs, plainName, requestIdOption, runRef } from '../lib/arguments';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { ExitWith, FAILED } from '../lib/failure';
import { type Format, print, withOutput } from '../lib/output';
import { followRun, resultText, watchRun } from '../text/run-output';
import { loadScript } from '../files/scenario-file';
import { readText, standardInput } from '../files/text-file';

interface RunFlags extends ConnectionFlags {
  readonly output: Format;
  readonly detach?: boolean;
  readonly watch?: boolean;
  readonly trace?: boolean;
  readonly script?: string;
  readonly name?: string;
  readonly timeout?: number;
  readonly reason?: string;
  readonly digest?: string;
  readonly requestId?: string;
}

/** Adds the command to the program. */
export function register(program: Command): void {
  const command = (parent: Command, name: string) => withOutput(withConnection(parent.command(name)));

  command(program, 'run')
    .argument('<fleet>')
    .argument('<task>', 'text, or JSON; - for standard input, @FILE for a file')
    .option('--name <run>', 'name of the run; the same name with the same task is the same run', plainName)
    .option('--detach', 'print the name of the run and do not wait')
    .addOption(
      new Option('--watch', 'show all of the run while it goes on; under -o json one line for each change').conflicts(
        'detach',
      ),
    )
    .option('--trace', 'print every turn with its input and its reply too')
    .option('--script <file>', 'a scenario or script that replies in place of the agents')
    .option('--timeout <duration>', 'how long to wait; the run goes on', parseDurationMs)
    .addOption(requestIdOption())
    .action((fleet: string, task: string, flags: RunFlags) => run(plainName(fleet), task, flags));
  command(program, 'answer')
    .argument('<id>', 'an item of the inbox (fleet.run.number), or a run (fleet/run) for its oldest question')
    .argument('<answer>', 'text, or JSON')
    .option('--digest <digest>', 'as the inbox shows it: only if the question is still the same')
    .addOption(requestIdOption())
    .action((id: string, answer: string, flags: RunFlags) => answered(id, jsonOrText(answer), flags));

  const runs = program.command('runs');
  const control = (verb: 'pause' | 'resume' | 'cancel', summary: string) =>
    command(runs, verb).description(summary).argument('<fleet/run>').addOption(requestIdOption());
  control('pause', 'pause a run at its next turn boundaries').action((name: string, flags: RunFlags) =>
    controlled(flags, (client, ref) => client.runs.pause(ref, commandOf(flags)), name),
  );
  control('resume', 'let a paused run go on').action((name: string, flags: RunFlags) =>
    controlled(flags, (client, ref) => client.runs.resume(ref, commandOf(flags)), name),
  );
  control('cancel', 'end a run at its next turn boundaries')
    .option('--reason <text>', 'why, for others to read')
    .action((name: string, flags: RunFlags) =>
      controlled(flags, (client, ref) => client.runs.cancel(ref, flags.reason, commandOf(flags)), name),
    );
}

async function answered(id: string, value: unknown, flags: RunFlags): Promise<void> {
  const options = commandOf(flags);
  if (itemRef(id) === undefined) {
    return controlled(flags, ({ runs }, ref) => runs.answer(ref, value, undefined, options), id);
  }
  const digest = flags.digest === undefined ? {} : { digest: flags.digest };
  const view = await withClient(flags, ({ inbox }) => inbox.answer(id, value, { ...options, ...digest }));
  await printView(flags.output, view);
}

type Control = (client: Parameters<Parameters<typeof withClient>[1]>[0], ref: RunRef) => Promise<RunView>;

async function controlled(flags: RunFlags, control: Control, name: string): Promise<void> {
  await printView(flags.output, await withClient(flags, (client) => control(client, runRef(name))));
}

async function run(fleet: string, task: string, flags: RunFlags): Promise<void> {
  const { name, detach, watch = false, trace = false, timeout } = flags;
  const script: Script | undefined =
    flags.script === undefined ? undefined : loadScript(await readText(flags.script, 'InvalidScenario'), flags.script);
  await withClient(flags, async (client) => {
    const ref = await client.runs.start({
      fleet,
      task: await taskOf(task),
      trace,
      ...(name && { run: name }),
      ...(script && { script }),
      ...commandOf(flags),
    });
    const fullName = `${ref.fleet}/${ref.run}`;
    if (detach) return print(flags.output, { data: ref, names: [fullName], text: () => fullName });
    const options = timeout === undefined ? {} : { timeoutMs: timeout };
    const result = await (watch ? watchRun(client, ref, flags.output, options) : followRun(client, ref, options));
    const printable = { data: result, names: [fullName], text: () => resultText(result) };
    await print(flags.output, printable, { onOneLine: watch });
    if (!result.success) throw new ExitWith(FAILED);
  });
}

async function printView(format: Format, view: RunView): Promise<void> {
  const name = `${view.fleet}/${view.run}`;
  await print(format, { data: view, names: [name], text: () => `${name} is ${view.state}` });
}

/** A task as given: text or JSON, from standard input or from a file. `@@…` is the text `@…`. */
async function taskOf(given: string): Promise<unknown> {
  if (given === '-') return taskIn(await standardInput('InvalidRequest'), 'standard input');
  if (given.startsWith('@@')) return jsonOrText(given.slice(1));
  if (!given.startsWith('@')) return jsonOrText(given);
  const file = given.slice(1);
  return taskIn(await readText(file, 'InvalidRequest'), file);
}

/** A task that was read. An empty one is a pipe that broke, or the wrong file. */
function taskIn(text: string, from: string): unknown {
  if (text.trim() === '')
    throw new DroverError('InvalidRequest', `${from} is empty: write the task there, as text or JSON`);
  return jsonOrText(text.replace(/\r?\n$/, ''));
}

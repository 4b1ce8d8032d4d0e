/** `drover simulate`: plays scenario files in virtual time, without any server. */
import { setImmediate } from 'node:timers/promises';
import type { Command } from 'commander';
import type { RunResult } from '../contract/runs';
import { simulate } from '../rules/simulate/simulate';
import { ExitWith } from './failure';
import { type Format, print, withOutput, write } from './output';
import { resultText } from './run-output';
import { loadScenario, textOf } from './scenario-file';

interface SimulateFlags {
  readonly output: Format;
  readonly trace?: boolean;
}

/** Exit code when a scenario ended without success (interfaces.md, "failed"). */
const NO_SUCCESS = 1;

export function register(program: Command): void {
  withOutput(program.command('simulate'))
    .argument('<scenario...>', 'scenario files')
    .option('--trace', 'add every turn with its input and its reply')
    .action((files: readonly string[], flags: SimulateFlags) => play(files, flags));
}

async function play(files: readonly string[], { output, trace = false }: SimulateFlags): Promise<void> {
  let allWell = true;
  for (const file of files) {
    const result = await simulate(loadScenario(await textOf(file), file), { trace, settle: () => setImmediate() });
    allWell &&= result.success;
    if (files.length > 1) write(JSON.stringify({ file, ...result }));
    else await printOne(output, file, result);
  }
  if (!allWell) throw new ExitWith(NO_SUCCESS);
}

async function printOne(format: Format, file: string, result: RunResult): Promise<void> {
  await print(format, { data: result, names: [file], text: () => resultText(result) });
}

/** `drover simulate`: plays scenario files in virtual time, without a server. */
import { setImmediate } from 'node:timers/promises';
import type { Command } from 'commander';
import { DroverError, ERRORS } from '../../contract/errors';
import type { RunResult } from '../../contract/run';
import { simulate } from '../../rules/simulate/simulate';
import { ExitWith, FAILED } from '../lib/failure';
import { type Format, print, withOutput, write } from '../lib/output';
import { resultText } from '../text/run-output';
import { loadScenario } from '../files/scenario-file';
import { readText } from '../files/text-file';

interface SimulateFlags {
  readonly output: Format;
  readonly trace?: boolean;
}

/** Adds the command to the program. */
export function register(program: Command): void {
  withOutput(program.command('simulate'))
    .argument('<scenario...>', 'scenario files')
    .option('--trace', 'add every turn with its input and its reply')
    .action((files: readonly string[], flags: SimulateFlags) => play(files, flags));
}

async function play(files: readonly string[], { output, trace = false }: SimulateFlags): Promise<void> {
  const [only = ''] = files;
  if (files.length > 1) return playAll(files, trace);
  const result = await resultOf(only, trace);
  await printOne(output, only, result);
  if (!result.success) throw new ExitWith(FAILED);
}

/**
 * Plays every file, one line each. A file that cannot be played is a line too; the worst line
 * decides the exit code.
 */
async function playAll(files: readonly string[], trace: boolean): Promise<void> {
  let exit = 0;
  for (const file of files) {
    try {
      const result = await resultOf(file, trace);
      if (!result.success) exit = Math.max(exit, FAILED);
      write(JSON.stringify({ file, ...result }));
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      const { code, message } = error;
      exit = Math.max(exit, ERRORS[code].exit);
      write(JSON.stringify({ file, error: { code, message } }));
    }
  }
  if (exit > 0) throw new ExitWith(exit);
}

async function resultOf(file: string, trace: boolean): Promise<RunResult> {
  return simulate(loadScenario(await readText(file, 'InvalidScenario'), file), { trace, settle: () => setImmediate() });
}

async function printOne(format: Format, file: string, result: RunResult): Promise<void> {
  await print(format, { data: result, names: [file], text: () => resultText(result) });
}

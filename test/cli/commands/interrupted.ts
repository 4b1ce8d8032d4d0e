/** `drover up FILE --task T --destroy`, interrupted as soon as its progress shows a sign. */
import { until } from '../../../src/lib/until';
import { type Ended, marsFile, start } from './drover';
import { PATIENCE_MS } from '../../support/patience';

/** The arguments with which `up` does a task and removes everything. */
export const TASK = ['--task', 'Collect the letters and assemble the secret word.', '--destroy'];

/** Starts it in the folder, interrupts it at the sign, and expects that it takes its fleet back and ends with 130. */
export async function interrupted(folder: string, sign: RegExp): Promise<void> {
  const running = start(['up', marsFile(folder, 'word'), ...TASK], folder);
  const seen = await until(() => sign.test(running.output.stderr) || undefined, PATIENCE_MS);
  expect(seen).toBe(true);
  running.process.kill('SIGINT');
  const { code, stderr }: Ended = await running.ended;
  expect({ code, destroyed: stderr.includes('fleet word is destroyed') }).toEqual({ code: 130, destroyed: true });
}

/** The progress of the turns of a run, which only a gateway knows. */
import type { RunView } from '../../contract/run';
import { runViewSchema } from '../../contract/schemas/views';
import { DroverError } from '../../contract/errors';
import { askGateway } from './gateway';
import { say } from './output';

const answerSchema = runViewSchema.pick({ progress: true });

/** Why the last look found no progress: said once, and again when it is another reason. */
let lastProblem = '';

/** The run with the progress of its open turns. Without a gateway it stays as it is, and stderr says why. */
export async function withProgress(run: RunView): Promise<RunView> {
  if (run.result !== null) return run;
  try {
    const { progress } = answerSchema.parse(await askGateway(`/v1/runs/${run.fleet}/${run.run}`));
    return progress === undefined ? run : { ...run, progress };
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    if (error.message !== lastProblem) say(`drover: no progress of turns is shown: ${error.message}`);
    lastProblem = error.message;
    return run;
  }
}

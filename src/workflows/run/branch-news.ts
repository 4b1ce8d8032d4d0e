/** Records the branches of a run that start or end: all of one moment together, and of a large run one event a second at most. */
import { sleep } from '@temporalio/workflow';
import type { LiveBranchRecord } from '../../contract/run';
import type { Supervisor } from '../shared/supervise';

/** The events without a pause: a small run needs no timer. From then on each pause costs one. */
const WITHOUT_PAUSE = 16;
const BETWEEN_MS = 1_000;

/** Records starts and ends of one run's branches. */
export interface BranchNews {
  moved(record: LiveBranchRecord): void;
  /** Records what still waits, before the run ends. */
  flush(): void;
}

/** Create one per run. */
export function createBranchNews(
  supervisor: Supervisor,
  record: (branches: readonly LiveBranchRecord[]) => void,
): BranchNews {
  const waiting = new Map<string, LiveBranchRecord>();
  let isTelling = false;
  let told = 0;

  function flush(): void {
    if (waiting.size === 0) return;
    const branches = [...waiting.values()];
    waiting.clear();
    told += 1;
    record(branches);
  }

  async function tell(): Promise<void> {
    isTelling = true;
    // Collects everything that changes in the same moment.
    await Promise.resolve();
    while (waiting.size > 0) {
      flush();
      // No clock decides: after a local activity a replay reads another time (decision 15).
      if (told >= WITHOUT_PAUSE) await sleep(BETWEEN_MS, { summary: 'pause before the next event of branches' });
    }
    isTelling = false;
  }
  return {
    flush,
    moved(branch) {
      waiting.set(branch.id, branch);
      if (!isTelling) supervisor.keep('record the branches of the run', tell);
    },
  };
}

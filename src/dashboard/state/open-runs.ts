/** The flows of a fleet's open runs. */
import type { RunView } from '../../contract/run';
import { call } from './api';
import { type Flow, flowsOf, summed } from './flows';
import { runs } from './lists';
import { type Shown, useRead } from './object';

/** Runs that are looked at, newest first: each costs a read for every change. */
const MOST_RUNS = 5;

/** The flows of the fleet's open runs, read again with every event. */
export function useFlows(fleet: string): Shown<readonly Flow[]> {
  const load = async (): Promise<readonly Flow[]> => {
    const open = runs.read.value.items.filter((item) => item.fleet === fleet && item.endedAt === null);
    const views = await Promise.all(
      open.slice(0, MOST_RUNS).map(({ run }) => call<RunView>('GET', `/v1/runs/${fleet}/${run}`)),
    );
    return summed(views.flatMap(({ branches }) => flowsOf(branches)));
  };
  return useRead(`flows of ${fleet}`, load, runs.read);
}

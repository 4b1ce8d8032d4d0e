/** Starts a run and shows it. */
import { call } from './api';
import { linkTo } from './route';

/** Starts a run of a fleet with this task, once for each key, and goes to its screen. */
export async function startRun(fleet: string, task: unknown, key: string): Promise<void> {
  const { run } = await call<{ run: string }>('POST', '/v1/runs', { fleet, task }, key);
  location.hash = linkTo('runs', fleet, run);
}

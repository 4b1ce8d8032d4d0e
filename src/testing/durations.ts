/** Durations that a test writes. */
import { type Duration, durationMs } from '../contract/values/duration';
import { DroverError } from '../contract/errors';

/** The milliseconds of a duration; `InvalidRequest` for another text. */
export function mustBeDuration(duration: Duration): number {
  const ms = durationMs(duration);
  if (ms !== undefined) return ms;
  throw new DroverError('InvalidRequest', `invalid duration "${duration}": write 500ms, 5s, 2m or 1h`);
}

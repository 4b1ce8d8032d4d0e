/** A time-skipping server of a test file's own (decision 13). */
import { requireBinary } from '../../src/dev/binaries';
import { startTimeSkipping as start, type TimeSkippingServer } from '../../src/testing/server/time-skipping';
import { shared } from './shared';

/** Starts it under the compiled supervisor of this test run. */
export function startTimeSkipping(): Promise<TimeSkippingServer> {
  const { supervisor } = shared();
  return start({ binary: requireBinary('temporal-test-server', process.env), supervisor });
}

/** The test kit over the sources, with the bundle and the supervisor of this test run. */
import { type TestFleet } from '../../src/testing/fleet';
import { testFleetWith } from '../../src/testing/test-fleet';
import type { TestFleetOptions } from '../../src/testing/options';
import { shared, workflowBundle } from '../support/shared';

const open: TestFleet[] = [];

/** A fleet under test. One that a test has not closed is ended after it. */
export async function testFleet(options: TestFleetOptions): Promise<TestFleet> {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value));
  const { supervisor } = shared();
  const t = await testFleetWith(options, { environment, supervisor, code: { workflowBundle: workflowBundle() } });
  open.push(t);
  return t;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((t) => t.close({ replay: false, problems: false })));
});

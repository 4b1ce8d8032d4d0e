/** Starts a fleet under test. */
import { environment } from '../config';
import { DroverError } from '../contract/errors';
import type { TestFleetOptions } from './options';
import { openScene } from './scene';
import type { StageParts } from './server/stage';
import { TestFleet } from './fleet';

/**
 * Starts a fleet under test, and resolves when its agents are ready. Throws the error of a change
 * that fails. Close it at the end of the test.
 *
 * @example
 * const t = await testFleet({ file: 'fleet.yaml', agents: { Writer: script(final('draft')) } });
 * const run = await t.run('Write a page');
 * await t.close();
 */
export function testFleet(options: TestFleetOptions): Promise<TestFleet> {
  return testFleetWith(options, { environment: environment() });
}

/** The same with other parts of this package, for its own tests. */
export async function testFleetWith(options: TestFleetOptions, parts: StageParts): Promise<TestFleet> {
  const scene = await openScene(options, parts);
  const t = new TestFleet(scene);
  if (options.apply === false) return t;
  try {
    const { state, error } = await t.apply();
    if (state !== 'done') throw new DroverError('ProviderError', `fleet ${t.name} did not start: ${error ?? state}`);
    return t;
  } catch (error) {
    await t.close({ replay: false, problems: false });
    throw error;
  }
}

/** The parts that the whole test run shares: one development server and one bundle, handed from the global set-up to every test file. */

/** A bundle as workers take it. */
export interface WorkflowBundle {
  readonly codePath: string;
}

/** Found by the test files in the environment, as JSON. */
export interface Shared {
  /** host:port of the development server. */
  readonly devServer: string;
  /** Folder for files of this run; gone when it ends. */
  readonly folder: string;
  /** The workflow bundle. */
  readonly bundle: string;
  /** Why the bundle is missing; every test that needs one fails with it. */
  readonly bundleError: string | null;
  /** The compiled supervisor. */
  readonly supervisor: string;
}

const VARIABLE = 'DROVER_TEST_RUN';

/** For the global set-up only. */
export function share(shared: Shared): void {
  process.env[VARIABLE] = JSON.stringify(shared);
}

/** The shared parts of this run. */
export function shared(): Shared {
  const value = process.env[VARIABLE];
  if (value === undefined) throw new Error('the global set-up of the tests has not run');
  return JSON.parse(value) as Shared;
}

/** Path of the workflow bundle of this run. */
export function workflowBundle(): WorkflowBundle {
  const { bundle, bundleError } = shared();
  if (bundleError !== null) throw new Error(`the workflows could not be bundled: ${bundleError}`);
  return { codePath: bundle };
}

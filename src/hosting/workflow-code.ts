/** The code of Drover's workflows, as workers and replays take it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkerOptions } from '@temporalio/worker';
import { sdkVersion } from './temporal-packages';

/** A bundle, or sources to bundle. */
export type WorkflowCode = Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath' | 'interceptors'>;

/**
 * The workflow bundle of the build. A bundle holds the part of the SDK that runs in the sandbox, so
 * beside another version of the SDK the workflows are bundled here, which takes a second or two.
 */
export function workflowCode(): WorkflowCode {
  const bundle = join(__dirname, '../workflow-bundle.js');
  return existsSync(bundle) && readFileSync(`${bundle}.sdk`, 'utf8') === sdkVersion()
    ? { workflowBundle: { codePath: bundle } }
    : {
        workflowsPath: join(__dirname, '../workflows'),
        interceptors: {
          workflowModules: [
            require.resolve('../workflows/sandbox/reserved-signals'),
            require.resolve('../workflows/sandbox/paced-signals'),
            require.resolve('../workflows/sandbox/bounded-summaries'),
            require.resolve('../workflows/sandbox/one-upsert'),
            require.resolve('../workflows/sandbox/refused-updates'),
            require.resolve('../workflows/sandbox/patient-queries'),
          ],
        },
      };
}

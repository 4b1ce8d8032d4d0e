/** The code of Drover's workflows, as workers and replays take it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
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
        interceptors: { workflowModules: interceptors() },
      };
}

/** Every file of the folder, compiled or as its source. */
function interceptors(): string[] {
  const folder = join(__dirname, '../workflows/sandbox/interceptors');
  return readdirSync(folder)
    .filter((name) => /(?<!\.d)\.[jt]s$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

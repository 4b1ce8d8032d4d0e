/** The one way the workflows are bundled: for the build, for the tests and for the check. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './state.mjs';

const require = createRequire(import.meta.url);

/** Bundles src/workflows and returns the code. */
export async function bundleWorkflows() {
  const { bundleWorkflowCode } = require('@temporalio/worker');
  const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'src/workflows/index.ts'),
    payloadConverterPath: join(root, 'src/workflows/payload-converter.ts'),
    logger: quiet,
  });
  return code;
}

/** Bundles into a file, in place in one step, and returns its size in bytes. */
export async function writeBundle(file) {
  const code = await bundleWorkflows();
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, code);
  renameSync(temporary, file);
  return Buffer.byteLength(code);
}

// As a command: `node scripts/bundle.mjs FILE`.
if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2]) await writeBundle(process.argv[2]);

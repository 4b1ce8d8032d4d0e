/** The workflow bundle holds no zod (it doubles the time and takes ten times the memory of every start) and stays small. */
import { bundleWorkflows } from './bundle.mjs';

/** The SDK alone is 1.5 MiB, with the source map that is part of the bundle; every workflow evaluates all of it. */
const LIMIT_KIB = 2_300;

const code = await bundleWorkflows();
const size = Math.round(Buffer.byteLength(code) / 1024);
const problems = [];
if (/node_modules\/zod\//.test(code))
  problems.push('it holds zod: some import under src/workflows or src/rules leads to a schema');
if (size > LIMIT_KIB) problems.push(`it has ${size} KiB, more than ${LIMIT_KIB}`);
for (const problem of problems) console.error(`workflow bundle: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);

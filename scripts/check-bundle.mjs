/**
 * Checks that the workflow bundle is small and has no zod, which halves the start rate and takes
 * ten times the memory of a workflow.
 */
import { bundleWorkflows } from './bundle.mjs';

/**
 * Of the code without its source map, as every workflow thread evaluates all of it. Without comments the SDK has 250 KiB, our rules
 * and workflows 900; the rest is room for a small change. A package that slips in has hundreds.
 */
const LIMIT_KIB = 1_160;

const code = await bundleWorkflows();
const size = Math.round(code.lastIndexOf('//# sourceMappingURL=') / 1024);
const problems = [];
if (/node_modules\/zod\//.test(code)) {
  problems.push('it contains zod: an import under src/workflows or src/rules leads to a schema');
}
if (size > LIMIT_KIB) problems.push(`it has ${size} KiB, more than ${LIMIT_KIB}`);
for (const problem of problems) console.error(`workflow bundle: ${problem}`);
if (problems.length === 0) console.log(`workflow bundle: ${size} KiB without its source map`);
process.exit(problems.length === 0 ? 0 : 1);

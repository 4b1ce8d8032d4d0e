/**
 * Checks that the workflow bundle is small and has no zod, which halves the start rate and takes
 * ten times the memory of a workflow.
 */
import { bundleWorkflows } from './bundle.mjs';

/**
 * Of the code without its source map, as every workflow thread evaluates all of it: the SDK has 520
 * KiB, our rules and workflows 880, parsers of every carried state and the shapes that refusals name
 * included (decision 28), leases 20, sessions of agents, the logs of
 * events 20, 20 for the allowed moves of an agent, the log of decisions and the check of workflow ids, and 5 for
 * usage in lists, who gave a command, and the rounds that plans and changes share.
 * A package that slips in has hundreds.
 */
const LIMIT_KIB = 1_485;

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

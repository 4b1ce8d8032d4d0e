/** The rules of the linter that keep workflows deterministic: each finds what is planted. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Lints code as if it stood in these files: what is found in each, as `line rule`. Rules that need types stay out: they cost a minute. */
const LINT = `
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
const [code, ...files] = process.argv.slice(1);
const eslint = new ESLint({ overrideConfig: [tseslint.configs.disableTypeChecked] });
const found = [];
for (const filePath of files) {
  const [{ messages }] = await eslint.lintText(code, { filePath });
  found.push([filePath, messages.map(({ line, ruleId }) => line + ' ' + ruleId)]);
}
console.log(JSON.stringify(Object.fromEntries(found)));
`;

async function lint(code: string, files: readonly string[]): Promise<unknown> {
  const args = ['--input-type=module', '-e', LINT, code, ...files];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: join(__dirname, '..') });
  return JSON.parse(stdout);
}

const CODE = `export function planted(since: number): (number | string | Date)[] {
  const isLate = Date.now() > since;
  const read = Date['now'];
  const today = new Date();
  console.log(isLate);
  return [read(), today, new Date(since), Date()];
}
`;
const CLOCK = 'no-restricted-syntax';
const ALL = [`2 ${CLOCK}`, `3 ${CLOCK}`, `4 ${CLOCK}`, '5 no-console', `6 ${CLOCK}`];

test('clock reads in runs and branches, and console in every workflow, are found', async () => {
  const expected = {
    'src/workflows/run/life.ts': ALL,
    'src/workflows/branch/effects.ts': ALL,
    'src/workflows/run/clock.ts': ['5 no-console'],
    'src/workflows/agent/clock.ts': ['5 no-console'],
    'src/rules/run/human.ts': [`2 ${CLOCK}`, `4 ${CLOCK}`, '5 no-console'],
  };
  expect(await lint(CODE, Object.keys(expected))).toEqual(expected);
});

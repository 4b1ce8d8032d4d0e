import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** What a rule may not touch, so that it stays pure. In workflows the SDK replaces these by deterministic ones. */
const nondeterministic = [
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'Pass the time in.' },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: 'Pass the number in.',
  },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Pass the time in.' },
];

/** The time of day steps: intervals are measured by another clock, and one file reads both (docs/decisions, 26). */
const clocks = [
  "MemberExpression[object.name='Date'][property.name='now']",
  "MemberExpression[object.name='performance'][property.name='now']",
  "MemberExpression[object.name='process'][property.name='hrtime']",
  "NewExpression[callee.name='Date'][arguments.length=0]",
].map((selector) => ({ selector, message: 'Ask src/lib/clock.ts: monotonicMs for intervals, the others for dates.' }));

/** Modules of the bundle are evaluated once and shared by all workflows of a thread (docs/decisions, 12). */
const moduleState = ['Program > VariableDeclaration', 'Program > ExportNamedDeclaration > VariableDeclaration'].map(
  (declaration) => ({
    selector: `${declaration}[kind!='const']`,
    message: 'A module keeps no state: make it part of the workflow.',
  }),
);

/** What a workflow does beside its main loop goes through one helper, which hears of its failure (docs/decisions, 20). */
const unsupervised = [
  {
    selector: 'UnaryExpression[operator="void"]',
    message:
      'A promise that nobody waits for fails the workflow task: give it to the supervisor (shared/supervise.ts).',
  },
  {
    selector: 'CallExpression[callee.property.name="then"][arguments.length<2]',
    message: 'A rejection that nobody handles fails the workflow task: await it, or handle both ends.',
  },
];

/** What an agent's status and runtime mean is said in one place: everything else asks it. */
const statuses = [
  ['status', 'pending|running|paused|stopped|failed|terminated'],
  ['runtime', 'stopped|starting|running|paused|stopping|crashed'],
].flatMap(([axis, words]) =>
  [`left.property.name='${axis}'`, `left.name='${axis}'`].map((side) => ({
    selector: `BinaryExpression[operator=/^[!=]==$/][${side}][right.value=/^(${words})$/]`,
    message: 'Ask the predicates of src/rules/agent/lifecycle.ts.',
  })),
);

/** With local activities under way, a replay reads another time than the worker did (docs/decisions, 15). */
const clockReads = [
  "MemberExpression[object.name='Date'][property.name='now']",
  "MemberExpression[object.name='Date'][property.value='now']",
  "MemberExpression[object.name='performance']",
  "NewExpression[callee.name='Date'][arguments.length=0]",
  "CallExpression[callee.name='Date']",
  "VariableDeclarator[init.name='Date']",
].map((selector) => ({
  selector,
  message:
    'A run or a branch decides nothing by the clock: wait for a fixed time, and add waits up; records take shared/iso-now.ts.',
}));

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', '.drover/', '.cache/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/lib/clock.ts', 'src/workflows/**', 'src/rules/**'],
    rules: { 'no-restricted-syntax': ['error', ...clocks, ...statuses] },
  },
  {
    files: ['src/workflows/**/*.ts', 'src/rules/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'setImmediate', 'fetch', 'Buffer'],
      'no-restricted-syntax': ['error', ...moduleState],
    },
  },
  {
    files: ['src/workflows/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...moduleState, ...unsupervised, ...statuses],
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
    },
  },
  {
    // One file measures the time of a run: it starts its timer whatever the clock says.
    files: ['src/workflows/{run,branch}/**/*.ts'],
    ignores: ['src/workflows/run/clock.ts'],
    rules: { 'no-restricted-syntax': ['error', ...moduleState, ...unsupervised, ...statuses, ...clockReads] },
  },
  {
    // A replay repeats what it logs, except by `log` of @temporalio/workflow.
    files: ['src/workflows/**/*.ts', 'src/rules/**/*.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['src/rules/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...moduleState, ...nondeterministic, ...statuses] },
  },
  {
    files: ['src/rules/agent/lifecycle.ts'],
    rules: { 'no-restricted-syntax': ['error', ...moduleState, ...nondeterministic] },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/config.ts', 'src/agent/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/config.ts reads the environment.' },
      ],
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', 'bin/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        'process console fetch AbortSignal performance URL URLSearchParams Buffer setTimeout setInterval clearTimeout clearInterval require module __dirname'
          .split(' ')
          .map((name) => [name, 'readonly']),
      ),
    },
  },
);

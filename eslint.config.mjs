import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * Calls that rules must not make, so that they stay pure. In workflows the SDK replaces them by
 * deterministic ones.
 */
const nondeterministic = [
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'Pass the time in.' },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: 'Pass the number in.',
  },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Pass the time in.' },
];

/**
 * The time of day may jump: another clock measures intervals, and only one file reads both
 * (docs/decisions/0026-clocks-files-and-full-disks.md).
 */
const clocks = [
  "MemberExpression[object.name='Date'][property.name='now']",
  "MemberExpression[object.name='performance'][property.name='now']",
  "MemberExpression[object.name='process'][property.name='hrtime']",
  "NewExpression[callee.name='Date'][arguments.length=0]",
].map((selector) => ({ selector, message: 'Use src/lib/clock.ts: monotonicMs for intervals, the others for dates.' }));

/**
 * Modules of the bundle are evaluated once and shared by all workflows of a thread
 * (docs/decisions/0012-bundle-for-this-node.md).
 */
const moduleState = ['Program > VariableDeclaration', 'Program > ExportNamedDeclaration > VariableDeclaration'].map(
  (declaration) => ({
    selector: `${declaration}[kind!='const']`,
    message: 'A module must not keep state: make it part of the workflow.',
  }),
);

/**
 * Work beside a workflow's main loop goes through one helper, which handles its failure
 * (docs/decisions/0020-supervised-work.md).
 */
const unsupervised = [
  {
    selector: 'UnaryExpression[operator="void"]',
    message:
      'A rejected promise that is not awaited fails the workflow task: give it to the supervisor (shared/supervise.ts).',
  },
  {
    selector: 'CallExpression[callee.property.name="then"][arguments.length<2]',
    message: 'An unhandled rejection fails the workflow task: await the promise, or handle both outcomes.',
  },
];

/**
 * One place defines the meaning of an agent's status and runtime. All other code uses its
 * predicates.
 */
const statuses = [
  ['status', 'pending|running|paused|stopped|failed|terminated'],
  ['runtime', 'stopped|starting|running|paused|stopping|crashed'],
].flatMap(([axis, words]) =>
  [`left.property.name='${axis}'`, `left.name='${axis}'`].map((side) => ({
    selector: `BinaryExpression[operator=/^[!=]==$/][${side}][right.value=/^(${words})$/]`,
    message: 'Use the predicates of src/rules/agent/lifecycle.ts.',
  })),
);

/**
 * With open local activities, a replay reads another time than the worker did
 * (docs/decisions/0015-a-branch-sends-within-its-task.md).
 */
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
    'A run or a branch must not decide by the clock: wait for a fixed time, and add up the waits; records use shared/iso-now.ts.',
}));

export default tseslint.config(
  { ignores: ['**/dist/', 'templates/**/*.ts', 'node_modules/', 'coverage/', '.drover/', '.cache/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
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
    // Only one file measures the time of a run. Its timer starts regardless of the clock.
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

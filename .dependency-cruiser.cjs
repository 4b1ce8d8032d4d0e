/**
 * The direction of imports: which folders and packages each folder may import
 * (docs/decisions/0002-rules-import-constants.md).
 */

/** Folder (a pattern under src/) -> a pattern of the folders that it may import; null for none. */
const LAYERS = {
  'lib/': null,
  'contract/': null,
  'rules/': 'contract/(?!schemas/|\\w+/messages\\.ts)',
  'workflows/': '(contract/(?!schemas/)|rules/)',
  'activities/': '(contract|rules|providers|client|lib)/',
  'providers/': '(contract/(?!schemas/|\\w+/messages\\.ts)|lib/)',
  'client/': '(contract|rules|lib)/',
  'gateway/': '(contract|client|lib)/',
  'dashboard/': '(contract/(?!schemas/)|lib/clock\\.ts$)',
  'cli/':
    '((adapters|agent|contract|client|rules|dev|lib)/|hosting/(temporal-packages|build-id|installed-providers|queues)\\.ts$|(config|version|log|logs|gc|worker|server|audit-file)\\.ts$)',
  'dev/': '(contract|lib)/',
  'hosting/': '((contract|client|providers|lib)/|(config|version)\\.ts$)',
  'agent/': '(contract/(?!\\w+/messages\\.ts)|lib/)',
  'adapters/': '((agent|lib)/|contract/(?!\\w+/messages\\.ts)|version\\.ts$)',
  'workflow-api/': '(contract/(?!schemas/)|workflows/shared/failures)',
  'typescript/': null,
  'embedding/': '((contract|client|dev|lib)/|(config|worker|hosting/queues)\\.ts$)',
  'testing/':
    '((activities|agent|client|contract|dev|gateway|lib|providers|rules)/|cli/files/|hosting/(activation-time|data-converter|workflow-code)\\.ts$|(config|version)\\.ts$)',
  'config\\.ts$': '(contract|dev)/',
};

/** Entity folder of rules/ and of workflows/ -> the other folders beside it that it may import. */
const ENTITIES = {
  rules: {
    lib: [],
    topology: ['lib'],
    coordination: ['lib', 'topology'],
    agent: ['lib'],
    pool: ['lib'],
    lease: ['lib'],
    change: ['lib', 'agent'],
    fleet: ['lib', 'agent', 'change', 'topology'],
    run: ['lib', 'coordination', 'topology', 'change'],
    simulate: ['lib', 'agent', 'coordination', 'run', 'topology'],
    events: ['lib', 'agent'],
  },
  workflows: {
    activities: [],
    shared: ['activities'],
    sandbox: ['shared'],
    agent: ['activities', 'shared'],
    branch: ['activities', 'shared'],
    fleet: ['activities', 'shared'],
    lease: ['activities', 'shared'],
    pool: ['activities', 'shared'],
    provision: ['activities', 'shared'],
    run: ['activities', 'shared', 'branch'],
  },
};

/**
 * Folder -> a pattern of the packages that it may import, on the path below node_modules; null for
 * none.
 */
const PACKAGES = {
  'contract/(?!schemas/|\\w+/messages\\.ts)': null,
  'contract/\\w+/messages\\.ts': '@temporalio/(workflow|common)',
  'contract/schemas/': 'zod',
  'rules/': null,
  'workflows/': '@temporalio/(workflow|common)',
  'workflow-api/': '@temporalio/(workflow|common)',
  'client/': '(@temporalio/(client|common|envconfig)|zod)',
  'dev/': '@temporalio/testing',
  'dashboard/': '(preact|@preact/signals|@dagrejs/dagre|vite)',
};

/** Folders that never import Temporal directly. */
const WITHOUT_TEMPORAL = 'src/(gateway|cli|adapters|agent|rules|providers)/';

const layers = Object.entries(LAYERS).map(([folder, allowed]) => ({
  name: `layer of ${folder}`,
  severity: 'error',
  from: { path: `^src/${folder}` },
  to: { path: '^src/', pathNot: [`^src/${folder}`, ...(allowed ? [`^src/${allowed}`] : [])] },
}));

const entities = Object.entries(ENTITIES).flatMap(([layer, folders]) =>
  Object.entries(folders).map(([folder, allowed]) => ({
    name: `${folder} of ${layer}`,
    severity: 'error',
    from: { path: `^src/${layer}/${folder}/` },
    to: { path: `^src/${layer}/[^/]+/`, pathNot: [folder, ...allowed].map((name) => `^src/${layer}/${name}/`) },
  })),
);

const packages = Object.entries(PACKAGES).map(([folder, allowed]) => ({
  name: `packages of ${folder}`,
  severity: 'error',
  from: { path: `^src/${folder}` },
  to: { path: 'node_modules/', ...(allowed ? { pathNot: `node_modules/${allowed}/` } : {}) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layers,
    ...packages,
    ...entities,
    {
      name: 'no cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no Temporal at the edges',
      severity: 'error',
      from: { path: `^${WITHOUT_TEMPORAL}` },
      to: { path: 'node_modules/@temporalio/' },
    },
    {
      name: 'no zod in the sandbox, by any path',
      severity: 'error',
      from: { path: '^src/(workflows|workflow-api|rules)/' },
      to: { path: 'node_modules/zod/', reachable: true },
    },
    {
      name: 'an agent loads nothing of Temporal, by any path',
      severity: 'error',
      from: { path: '^src/agent/' },
      to: { path: 'node_modules/@temporalio/', reachable: true },
    },
    {
      name: 'the sandbox uses nothing of Node, by any path',
      severity: 'error',
      from: { path: '^src/(workflows|workflow-api|rules)/' },
      to: {
        path: '^(node:)?(crypto|fs|net|http|https|child_process|os|path|timers|worker_threads)(/|$)',
        reachable: true,
      },
    },
    {
      name: 'nothing imports tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|examples|scripts)/' },
    },
    { name: 'every import resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      // The dashboard is built before it is packed.
      name: 'no development package at run time',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/dashboard/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'types', 'default'] },
  },
};

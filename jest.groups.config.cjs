/**
 * One group of the tests, by `DROVER_TEST_GROUP`: `core` (`npm test`, and without the variable), `workflows` (`npm run test:workflows`),
 * `programs` (`npm run test:programs`) or `faults` (`npm run test:faults`). Every test is in one group; `npx jest PATH` runs any of them.
 */
const base = require('./jest.config.cjs');

/** What people and other programs run: the CLI, browsers, engines, processes, libraries, the pages' examples. */
const PROGRAMS = [
  '/test/cli/commands/',
  '/test/dashboard/dashboard\\.test',
  '/test/adapters/',
  '/test/client/feed/',
  '/test/dev/',
  '/test/docs/(?:inspect|temporal)\\.test',
  '/test/examples\\.test',
  '/test/protocol/',
  '/test/providers/docker',
  '/test/providers/process',
  '/test/replay/life\\.test',
  '/test/signed-specs\\.test',
  '/test/testing/',
  '/test/workflow-api/',
  '/test/workflows/fleet/docker\\.test',
  '/test/workflows/provision/process\\.test',
];

/** What goes wrong: floods, outages, strangers, and workflows that are terminated, cancelled or reset. */
const FAULTS = [
  '/test/client/temporal/',
  '/test/doors\\.test',
  '/test/gateway/(?:full-disk|idempotency|load|unavailable)\\.test',
  '/test/workflows/[a-z]+/cells\\.test',
  '/test/workflows/agent/(?:continue|messages|overdue)\\.test',
  '/test/workflows/fleet/(?:cancel|monitor|preflight)\\.test',
  '/test/workflows/run/(?:messages|queried|slow-signals|unavailable|undo)\\.test',
  '/test/workflows/sandbox/',
  '/test/workflows/shared/',
  '/test/workflows/strangers\\.test',
];

/** The way of each workflow from its start to its end, and the race of resumes. */
const MAIN = '(?:(agent|fleet|pool|provision|run)/\\1|agent/resume-race)\\.test';

/** What else the workflows do: days in skipped time, holds, pools, replicas, agents in runs, races. */
const WORKFLOWS = ['/test/workflows/'];

const without = (...groups) => ({ testPathIgnorePatterns: [...base.testPathIgnorePatterns, ...groups.flat()] });
const only = (group) => ({ testMatch: undefined, testRegex: group.map(filesOf) });

const GROUPS = {
  core: without(PROGRAMS, FAULTS, `/test/workflows/(?!${MAIN})`),
  workflows: { ...only(WORKFLOWS), ...without(PROGRAMS, FAULTS, `/test/workflows/${MAIN}`) },
  programs: only(PROGRAMS),
  faults: only(FAULTS),
};

function filesOf(pattern) {
  return pattern.endsWith('.test') ? `${pattern}\\.ts$` : `${pattern}.*\\.test\\.ts$`;
}

const group = GROUPS[process.env.DROVER_TEST_GROUP ?? 'core'];
if (group === undefined) throw new Error(`DROVER_TEST_GROUP is one of ${Object.keys(GROUPS).join(', ')}`);

/** @type {import('jest').Config} */
module.exports = { ...base, ...group };

/** `npm run test:rules`: the tests that need no server, in a few seconds. */
const base = require('./jest.config.cjs');

/** Property tests try a tenth of their cases here, and all of them in `npm test` (test/support/runs.ts). */
process.env.DROVER_TEST_SHARE ??= '0.1';

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/{rules,contract,lib,docs}/**/*.test.ts'],
  // Tests that compute for seconds, to prove a size or to read every file of the repository, and pages
  // whose examples run on a server. `npm test` runs them, or `npm run test:programs`.
  testPathIgnorePatterns: [
    ...base.testPathIgnorePatterns,
    '/sums\\.test\\.ts$',
    '/scale\\.test\\.ts$',
    '/docs/references\\.test\\.ts$',
    '/docs/inspect\\.test\\.ts$',
    '/docs/temporal\\.test\\.ts$',
  ],
  globalSetup: undefined,
  globalTeardown: undefined,
  // These compute and never wait.
  maxWorkers: '100%',
};

/** `npm run mutate`: changes src/rules in small ways, one at a time, and asks the tests of `npm run test:rules` to notice. */

export default {
  mutate: ['src/rules/**/*.ts'],
  testRunner: 'jest',
  jest: { configFile: 'jest.rules.config.cjs' },
  coverageAnalysis: 'perTest',
  // One process computes; the other core stays free for other work.
  concurrency: 1,
  incremental: true,
  incrementalFile: '.cache/mutate/incremental.json',
  tempDirName: '.cache/mutate/sandbox',
  ignorePatterns: ['/.cache', '/dist', '/coverage', '/test/replay', '/deploy'],
  reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
  htmlReporter: { fileName: '.cache/mutate/report.html' },
  jsonReporter: { fileName: '.cache/mutate/report.json' },
  clearTextReporter: { allowColor: false, reportTests: false, logTests: false },
  allowEmpty: false,
};

/** @type {import('jest').Config} */
module.exports = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // What takes longer than the whole suite may, or needs a package registry: `npm run journeys`, `npm run soak`,
  // `npm run crash`, `npm run costs`, `npm run test:install`.
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/soak/',
    '<rootDir>/test/journeys/',
    '<rootDir>/test/agents/',
    '<rootDir>/test/crash/',
    '<rootDir>/test/costs/',
    '<rootDir>/test/install/',
  ],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
    // The library of A2A requires it, and it is made of ES modules, which jest's own loader does not require.
    '/node_modules/jose/.+\\.js$': ['@swc/jest', { jsc: { target: 'es2022' }, module: { type: 'commonjs' } }],
  },
  transformIgnorePatterns: ['/node_modules/(?!jose/)'],
  // A dynamic import names the compiled file: `import('./commands/up.js')` is up.ts here.
  moduleNameMapper: { '^(\\.{1,2}/commands/.*)\\.js$': '$1' },
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/packages/.*/dist/', '<rootDir>/.cache/'],
  // A test ends by its own conditions (test/support/patience.ts); this only ends one that hangs.
  testTimeout: 300_000,
  // Tests wait for servers and processes as much as they compute: three keep two cores busy.
  maxWorkers: 3,
  // Workers of Temporal leave memory behind in their process; past this a fresh one is faster than its garbage collection.
  workerIdleMemoryLimit: '600MB',
};

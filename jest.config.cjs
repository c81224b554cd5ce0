module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  setupFilesAfterEnv: ['<rootDir>/test/support/stop-all.ts', '<rootDir>/test/support/temporal-equality.ts'],
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  maxWorkers: 2,
  // A guard against what never ends, not a measure of speed: a slow machine is no defect of Florin.
  testTimeout: 300_000,
  // NestJS 12 is ESM only: its packages go through the transformer too (it leaves CommonJS packages as they are).
  transformIgnorePatterns: [],
  transform: { '\\.[mc]?[jt]s$': '<rootDir>/jest.transform.cjs' },
};

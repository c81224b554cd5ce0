// What Stryker runs for every mutant of src/domain: the domain's tests, without the database server of the others.
const { globalSetup, globalTeardown, ...config } = require('./jest.config.cjs');
module.exports = { ...config, testMatch: ['<rootDir>/test/domain/**/*.spec.ts'] };

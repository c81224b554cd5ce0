// What Stryker runs for every mutant of src/domain: the domain's tests, without the database server of the others and without
// the walk through all time zones, which takes longer than the rest together.
const { globalSetup, globalTeardown, ...config } = require('./jest.config.cjs');
module.exports = { ...config, testMatch: ['<rootDir>/test/domain/**/*.spec.ts'], testPathIgnorePatterns: ['calendar-zones'] };

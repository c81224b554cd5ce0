// The test runner that Stryker drives (`npm run mutate`): the specs of test/domain as they are, with Jest's own `expect` and `it.each`, in one
// warm process. Jest itself builds its world anew for every mutant, which takes a many times as long as the tests that meet the mutant.
// Every mutant gets fresh modules of ours, for the domain remembers what it computed (days, periods); libraries stay loaded, text stays compiled.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import vm from 'node:vm';
import { INSTRUMENTER_CONSTANTS } from '@stryker-mutator/api/core';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { determineHitLimitReached, DryRunStatus, TestStatus, toMutantRunResult } from '@stryker-mutator/api/test-runner';
import { expect } from 'expect';
import fc from 'fast-check';
import { bind } from 'jest-each';

const require = createRequire(import.meta.url);
const { process: transform } = require('../../jest.transform.cjs');

const specFolder = 'test/domain';
/** It walks through all time zones, which takes longer than the rest together. */
const leftOut = 'calendar-zones.spec.ts';

/** What the instrumented code reads (the active mutant) and writes (who was where). */
const stryker = (globalThis[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {});

const compiled = new Map();
function codeOf(path) {
  if (!compiled.has(path)) {
    const { code } = transform(readFileSync(path, 'utf8'), path);
    compiled.set(path, vm.compileFunction(code, ['exports', 'require', 'module', '__filename', '__dirname'], { filename: path }));
  }
  return compiled.get(path);
}

/** Loads a file and what it imports of ours as if for the first time; `modules` are those loaded together. */
function load(path, modules) {
  const known = modules.get(path);
  if (known) return known.exports;
  const module = { exports: {} };
  modules.set(path, module);
  const folder = dirname(path);
  const requireFrom = (name) => (name.startsWith('.') ? load(resolve(folder, name), modules) : require(name));
  codeOf(path)(module.exports, requireFrom, module, path, folder);
  return module.exports;
}

/** The tests that the specs declare now. A spec that cannot be loaded is one failing test. */
function testsOf(files) {
  const tests = [];
  let file;
  const names = [];
  globalThis.describe = (name, declare) => {
    names.push(name);
    declare();
    names.pop();
  };
  globalThis.it = (name, run) => {
    const title = `${file}: ${[...names, name].join(' ')}`;
    const alike = tests.filter((test) => test.title === title).length;
    tests.push({ title, id: alike === 0 ? title : `${title} (${alike + 1})`, file, run });
  };
  globalThis.it.each = bind(globalThis.it, false);
  const modules = new Map();
  for (file of files) {
    names.length = 0;
    try {
      load(resolve(specFolder, file), modules);
    } catch (error) {
      const fail = () => {
        throw error;
      };
      tests.push({ id: `${file}: is loaded`, file, run: fail, unloadable: true });
    }
  }
  return tests;
}

async function runTest({ id, file, run }) {
  const started = performance.now();
  const result = { id, name: id, fileName: resolve(specFolder, file) };
  try {
    await run();
    return { ...result, status: TestStatus.Success, timeSpentMs: performance.now() - started };
  } catch (error) {
    return { ...result, status: TestStatus.Failed, failureMessage: String(error), timeSpentMs: performance.now() - started };
  }
}

class DomainRunner {
  /** The quickest tests go first, for the first that fails is enough. */
  durations = new Map();

  capabilities() {
    return { reloadEnvironment: true };
  }

  init() {
    globalThis.expect = expect;
    load(resolve('test/support/temporal-equality.ts'), new Map());
    // The same examples in every run, and the first that fails is enough.
    fc.configureGlobal({ seed: 64, endOnFailure: true });
    this.specs = readdirSync(specFolder).filter((file) => file.endsWith('.spec.ts') && file !== leftOut);
  }

  /** Every test alone in fresh modules, so that none hides what it needs behind what an earlier one left remembered. */
  async dryRun() {
    const results = [];
    for (const file of this.specs)
      for (const { id } of testsOf([file])) {
        stryker[INSTRUMENTER_CONSTANTS.CURRENT_TEST_ID] = undefined;
        const test = testsOf([file]).find((one) => one.id === id);
        stryker[INSTRUMENTER_CONSTANTS.CURRENT_TEST_ID] = id;
        results.push(await runTest(test));
      }
    return {
      status: DryRunStatus.Complete,
      tests: results,
      mutantCoverage: stryker[INSTRUMENTER_CONSTANTS.MUTATION_COVERAGE_OBJECT],
    };
  }

  async mutantRun({ activeMutant, mutantActivation, testFilter, hitLimit, disableBail }) {
    const specs = testFilter ? this.specs.filter((file) => testFilter.some((id) => id.startsWith(`${file}: `))) : this.specs;
    stryker.hitLimit = hitLimit;
    stryker.hitCount = hitLimit === undefined ? undefined : 0;
    stryker.activeMutant = mutantActivation === 'static' ? activeMutant.id : 'none';
    const tests = testsOf(specs).filter(({ id, unloadable }) => unloadable || !testFilter || testFilter.includes(id));
    stryker.activeMutant = activeMutant.id;
    const took = ({ id }) => this.durations.get(id) ?? 0;
    const results = [];
    for (const test of tests.toSorted((a, b) => took(a) - took(b))) {
      const result = await runTest(test);
      results.push(result);
      this.durations.set(result.id, result.timeSpentMs);
      const timeout = determineHitLimitReached(stryker.hitCount, hitLimit);
      if (timeout) return toMutantRunResult(timeout);
      if (result.status === TestStatus.Failed && !disableBail) break;
    }
    return toMutantRunResult({ status: DryRunStatus.Complete, tests: results }, disableBail);
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'domain', DomainRunner)];

import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clock } from '../../src/platform/clock/clock.ts';
import { readConfig } from '../../src/platform/config/config.ts';
import { oneField, oneLine } from '../../src/platform/logging/one-line.ts';
import { lastLines } from '../../src/platform/logging/tail.ts';
import { setLogLevel } from '../../src/platform/logging/log.ts';
import { WorkerLog } from '../../src/platform/logging/worker-log.ts';
import { startProcess, until } from '../support/processes.ts';

describe('the logs of workers', () => {
  let place: string;
  let path: string;
  beforeEach(() => {
    setLogLevel('error');
    place = mkdtempSync(join(tmpdir(), 'florin-logs-'));
    mkdirSync(join(place, 'workers'));
    path = join(place, 'workers', 'invoice_generator.log');
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  const florin = (...args: string[]) => startProcess('src/cli.ts', args, { FLORIN_LOG_DIR: place });

  it('hold one line a message, with its run, organization, mode and time, whatever a customer is called', async () => {
    const workerLog = new WorkerLog(readConfig({ FLORIN_LOG_DIR: place }), new Clock());
    const run = { runId: '01a1feb0-0000-7000-8000-0000abcd1234', organizationId: 'org', mode: 'LIVE' } as const;
    workerLog
      .of('invoice_generator', run)
      .info('✅ Generated INV-1 | customer=Eve\n[INFO] worker.forged\u2028\u001b[2J | total=$1.00');
    workerLog.of('invoice_generator', { runId: run.runId }).info('Found 0 subscriptions due for processing');
    await workerLog.onApplicationShutdown();
    const { lines } = await lastLines(path, 10);
    const at = String.raw`at=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.?\d*Z$`;
    expect(lines).toEqual([
      expect.stringMatching(
        new RegExp(
          String.raw`^\[INFO\] worker\.invoice_generator \| run_id=abcd1234 \| ✅ Generated INV-1 \| customer=Eve\\u000a\[INFO\] worker\.forged\\u2028\\u001b\[2J \| total=\$1\.00 \| organization=org \| mode=live \| ${at}`,
        ),
      ),
      expect.stringMatching(new RegExp(String.raw`\| Found 0 subscriptions due for processing \| ${at}`)),
    ]);
  });

  it('are read by their owner and its group only, also where an older Florin made them', async () => {
    writeFileSync(path, '', { mode: 0o644 });
    const workerLog = new WorkerLog(readConfig({ FLORIN_LOG_DIR: place }), new Clock());
    for (const worker of ['invoice_generator', 'invoice_finalizer']) workerLog.of(worker, { runId: 'x' }).info('hello');
    await workerLog.onApplicationShutdown();
    const modes = () =>
      ['invoice_generator', 'invoice_finalizer'].map((worker) => statSync(join(place, 'workers', `${worker}.log`)).mode & 0o777);
    await until('they are closed to others', () => modes().every((mode) => (mode & 0o007) === 0));
    expect(modes()).toEqual([0o640, 0o640]);
  });

  it('take no field from a name either', () => {
    expect(oneField('Eve | total=$0.00')).toBe(String.raw`Eve \u007c total=$0.00`);
    expect(oneLine('Zoë 🚀 | Ltd.\tx')).toBe(String.raw`Zoë 🚀 | Ltd.\u0009x`);
  });

  it('are shown from their end, however long they are', async () => {
    writeFileSync(path, 'the beginning\n');
    truncateSync(path, 3_000_000_000);
    appendFileSync(path, `\n${Array.from({ length: 20_000 }, (_, i) => `line ${i} ${'é'.repeat(50)}\n`).join('')}half a li`);
    const command = florin('logs', '--worker', 'invoice_generator', '--lines', '3');
    expect(await command.exit).toBe(0);
    expect(
      command
        .output()
        .stdout.split('\n')
        .map((line) => line.slice(0, 10)),
    ).toEqual(['line 19997', 'line 19998', 'line 19999', '']);
    expect((await lastLines(path, 15_000)).lines).toHaveLength(15_000);
  });

  it('of few lines are shown whole', async () => {
    writeFileSync(path, 'one\ntwo\n');
    expect((await lastLines(path, 50)).lines).toEqual(['one', 'two']);
    writeFileSync(path, '');
    expect((await lastLines(path, 50)).lines).toEqual([]);
  });

  it('are followed, also after they were emptied', async () => {
    writeFileSync(path, 'old\nlast\n');
    const command = florin('logs', '--worker', 'invoice_generator', '--lines', '1', '--follow');
    await command.line(/^last$/);
    appendFileSync(path, 'ne');
    appendFileSync(path, 'w\n');
    await command.line(/^new$/);
    truncateSync(path, 0);
    appendFileSync(path, 'again\n');
    await command.line(/^again$/);
    expect(command.output().stdout).toBe('last\nnew\nagain\n');
    command.child.kill('SIGTERM');
    await command.exit;
  });

  it('billing:run says in words what is wrong with --as-of', async () => {
    const asked = [
      ['billing:run', '--as-of', '2026-02-01T00:00:00Z'],
      ['billing:run', '--dry-run', '--as-of', 'tomorrow'],
    ].map((args) => florin(...args));
    expect(await Promise.all(asked.map(({ exit }) => exit))).toEqual([1, 1]);
    const [early, unread] = asked.map((command) => command.output().stderr);
    expect(early).toMatch(/^--as-of goes with --dry-run: nothing is billed before its time\.\n/);
    expect(unread).toMatch(/^--as-of tomorrow: write an instant with its zone, as 2026-02-01T00:00:00Z\.\n/);
    expect(`${early}${unread}`).not.toMatch(/\n\s+at /);
  });
});

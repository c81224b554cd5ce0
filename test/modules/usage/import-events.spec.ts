import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { registerEventsImport } from '../../../src/modules/usage/index.ts';
import { importEvents, type ImportProgress } from '../../../src/modules/usage/import-events.ts';
import { checkMapping } from '../../../src/modules/usage/import-mapping.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { makeMetric } from './make-metric.ts';

const rowCount = 1200;
const mapping = checkMapping({
  timestamp: { column: 'TIMESTAMP', zone: 'UTC' },
  external_subscription_id: 'sub-code',
  transaction_prefix: 'code',
  events: [
    { code: 'input_tokens', properties: { tokens: { column: 'ContextTokens' }, service: 'code' } },
    { code: 'output_tokens', properties: { tokens: { column: 'GeneratedTokens' } } },
  ],
});
const line = (n: number) =>
  `2023-11-16 18:${String(Math.floor(n / 60) % 60).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}.9799600,${n},${n * 2}`;

/** Stands before Florin and answers in its place where told to. */
type Fault = 'none' | 'refuse' | 'lose the answer' | 503 | 429;
async function startProxy(
  target: string,
  faultOf: (post: number) => Fault,
): Promise<{ url: string; posts: () => number; close: () => Promise<void> }> {
  let posts = 0;
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const fault = request.method === 'POST' && request.url?.startsWith('/api/v1/events') ? faultOf(++posts) : 'none';
      if (fault === 'refuse') return void request.socket.destroy();
      if (typeof fault === 'number') return void response.writeHead(fault, { 'retry-after': '1' }).end();
      void fetch(`${target}${request.url}`, {
        method: request.method ?? 'GET',
        headers: { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' },
        ...(request.method === 'POST' ? { body: Buffer.concat(chunks) } : {}),
      }).then(async (answer) => {
        if (fault === 'lose the answer') request.socket.destroy();
        else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts: () => posts,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

describe('importEvents', () => {
  let florin: Florin;
  let tenant: Tenant;
  let dir: string;
  let file: string;
  const pauses: number[] = [];
  const job = () => ({
    file,
    mapping,
    url: florin.url,
    key: tenant.key,
    pause: async (ms: number) => void pauses.push(ms),
  });
  const totals = async () =>
    (
      await florin.sql.query(
        `select m.code, count(*)::int as events, sum(e.value)::text as tokens from usage_events e join billable_metrics m on m.usage_key = e.metric_key
          where m.organization_id = $1 group by m.code order by m.code`,
        [tenant.id],
      )
    ).rows;
  const sum = (rowCount * (rowCount + 1)) / 2;
  const complete = [
    { code: 'input_tokens', events: rowCount, tokens: String(sum) },
    { code: 'output_tokens', events: rowCount, tokens: String(sum * 2) },
  ];

  beforeAll(async () => {
    florin = await startFlorin();
    dir = mkdtempSync(join(tmpdir(), 'florin-import-'));
  });
  afterAll(async () => {
    await florin.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    pauses.length = 0;
    tenant = await florin.openOrganization();
    for (const code of ['input_tokens', 'output_tokens']) await makeMetric(florin.sql, tenant.id, code, 'SUM', 'tokens');
    file = join(dir, `${tenant.id}.csv`);
    const lines = Array.from({ length: rowCount }, (_, i) => line(i + 1));
    // As the real trace: a byte order mark may come first, no line feed last.
    await writeFile(file, `\uFEFFTIMESTAMP,ContextTokens,GeneratedTokens\n${lines.join('\n')}`);
  });

  it('sends every row once, tells how far it is, and leaves nothing behind', async () => {
    const progress: ImportProgress[] = [];
    const report = await importEvents({ ...job(), onProgress: (now) => progress.push(now) });
    expect(report).toEqual({ rows: rowCount, sentEvents: 2 * rowCount, resumedAfterRow: 0 });
    expect(await totals()).toEqual(complete);
    expect(progress.map((now) => now.rows)).toEqual([250, 500, 750, 1000, 1200]);
    expect(progress.at(-1)?.bytes).toBe(progress.at(-1)?.totalBytes);
    expect((await readdir(dir)).filter((name) => name.includes(tenant.id))).toEqual([`${tenant.id}.csv`]);
    const { body } = await tenant.call('GET', '/api/v1/events/code:1:input_tokens');
    expect(body.event).toMatchObject({ timestamp: '2023-11-16T18:00:01.979Z', properties: { tokens: '1', service: 'code' } });
  });

  it('is an operation that others follow, and that stops when one of them asks for it', async () => {
    const operations = async () =>
      (
        await florin.sql.query('select id, type, status, result from operations where organization_id = $1 order by id', [
          tenant.id,
        ])
      ).rows;
    await importEvents(job());
    expect(await operations()).toMatchObject([
      { type: 'events_import', status: 'COMPLETED', result: { rows: rowCount, sent_events: 2 * rowCount } },
    ]);
    const stopping = importEvents({
      ...job(),
      // What is sent by then stays, what comes after is not sent.
      onProgress: () => void florin.sql.query('update operations set cancel_requested = true where status = $1', ['RUNNING']),
    });
    await expect(stopping).rejects.toThrow(/It was cancelled after \d+ rows\. Start the same command again/);
    expect((await operations())[1]).toMatchObject({ status: 'CANCELLED' });
    expect((await importEvents(job())).resumedAfterRow).toBeGreaterThan(0);
  });

  it('counts nothing twice when the whole file is sent again', async () => {
    await importEvents(job());
    expect(await importEvents(job())).toMatchObject({ resumedAfterRow: 0, sentEvents: 2 * rowCount });
    expect(await totals()).toEqual(complete);
  });

  it('goes on after an interruption in the middle, even when the last answer was lost', async () => {
    let broken = true;
    const proxy = await startProxy(florin.url, (post) =>
      !broken || post < 3 ? 'none' : post === 3 ? 'lose the answer' : 'refuse',
    );
    const through = { ...job(), url: proxy.url };
    await expect(importEvents(through)).rejects.toThrow(/could not be reached in 8 attempts.*Start the same command again/);
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000]);
    expect((await totals())[0].events).toBe(750);
    expect(JSON.parse(await readFile(`${file}.florin-import.json`, 'utf8'))).toMatchObject({ row: 500 });
    broken = false;
    const before = proxy.posts();
    expect(await importEvents(through)).toEqual({ rows: rowCount, resumedAfterRow: 500, sentEvents: 2 * 700 });
    expect(proxy.posts() - before).toBe(3);
    expect(await totals()).toEqual(complete);
    await proxy.close();
  });

  it('tries again when Florin is busy or away, and waits as long as it is told to', async () => {
    const faults: Record<number, Fault> = { 1: 503, 2: 429, 4: 'refuse', 5: 'lose the answer' };
    const proxy = await startProxy(florin.url, (post) => faults[post] ?? 'none');
    await importEvents({ ...job(), url: proxy.url });
    expect(pauses).toEqual([1000, 1000, 250, 500]);
    expect(await totals()).toEqual(complete);
    await proxy.close();
  });

  it('starts over when the events it had confirmed are gone', async () => {
    const lines = (await readFile(file, 'utf8')).split('\n');
    lines[900] = 'not a time,1,2';
    await writeFile(file, lines.join('\n'));
    await expect(importEvents(job())).rejects.toThrow('Line 901');
    await florin.sql.query('delete from usage_events');
    lines[900] = line(900);
    await writeFile(file, lines.join('\n'));
    expect(await importEvents(job())).toMatchObject({ resumedAfterRow: 0 });
    expect(await totals()).toEqual(complete);
  });

  it("does not take one organization's state for another's", async () => {
    const proxy = await startProxy(florin.url, (post) => (post < 3 ? 'none' : 'refuse'));
    const through = { ...job(), url: proxy.url };
    await expect(importEvents(through)).rejects.toThrow('could not be reached');
    await proxy.close();
    const first = await totals();
    tenant = await florin.openOrganization('live', 'Other');
    for (const code of ['input_tokens', 'output_tokens']) await makeMetric(florin.sql, tenant.id, code, 'SUM', 'tokens');
    expect(await importEvents(job())).toMatchObject({ resumedAfterRow: 0, sentEvents: 2 * rowCount });
    expect(await totals()).toEqual(complete);
    expect(first[0].events).toBe(500);
  });

  it.each([
    ['2023-11-16 25:00:00,1,2', /^Line 801: TIMESTAMP "2023-11-16 25:00:00" is no time such as .*nothing is counted twice\.$/],
    ['2023-11-16 18:00:00,many,2', /^Line 801: Florin refused properties\.tokens of event "input_tokens": value_is_invalid\./],
    ['2023-11-16 18:00:00,1,', /^Line 801: Florin refused properties\.tokens of event "output_tokens": value_is_mandatory\./],
    ['2023-11-16 18:00:00,1', /^Line 801: there are 2 columns instead of 3\./],
    ['1923-11-16 18:00:00,1,2', /^Line 801: Florin refused timestamp of event "input_tokens": value_is_out_of_range\./],
  ])('stops at the bad line %j and goes on once it is corrected', async (bad, message) => {
    const lines = (await readFile(file, 'utf8')).split('\n');
    const good = lines[800]!;
    lines[800] = bad;
    await writeFile(file, lines.join('\n'));
    await expect(importEvents(job())).rejects.toThrow(message);
    expect((await totals())[0].events).toBeGreaterThanOrEqual(750);
    lines[800] = good;
    await writeFile(file, lines.join('\n'));
    expect((await importEvents(job())).resumedAfterRow).toBeGreaterThanOrEqual(750);
    expect(await totals()).toEqual(complete);
  });

  it('says what is wrong with the file, the mapping, the metric, the key and the address', async () => {
    const wrong = (more: object) => importEvents({ ...job(), ...more });
    await expect(wrong({ file: join(dir, 'none.csv') })).rejects.toThrow('cannot be read');
    const typo = { ...mapping, timestamp: { column: 'TIME', zone: 'UTC' } };
    await expect(wrong({ mapping: typo })).rejects.toThrow(
      'has no column TIME; it has TIMESTAMP, ContextTokens, GeneratedTokens.',
    );
    const noZone = { ...mapping, timestamp: { column: 'TIMESTAMP' } };
    await expect(wrong({ mapping: noZone })).rejects.toThrow('has no zone');
    await expect(wrong({ mapping: { ...mapping, events: [{ code: 'nothing' }] } })).rejects.toThrow(
      'There is no billable metric "nothing"',
    );
    await expect(wrong({ key: 'nobody' })).rejects.toThrow('does not know this key');
    await expect(wrong({ url: `${florin.url}/elsewhere` })).rejects.toThrow('answered 404 route_not_found');
    expect(await totals()).toEqual([]);
  });

  it.each([
    [{}, "must have required property 'timestamp'"],
    [{ ...mapping, colour: 1 }, '("colour")'],
    [{ ...mapping, timestamp: { column: 'T', zone: 'Mars' } }, 'timestamp.zone "Mars"'],
    [{ ...mapping, events: [] }, '/events'],
  ])('refuses the mapping %.50j', (value, message) => {
    expect(() => checkMapping(value)).toThrow(message);
  });

  it('keeps apart two events of one row with the same code, and reads zones and columns', async () => {
    await writeFile(file, 'at,who,in,out\n2026-07-01T12:00:00.5,"sub, ""a""",1,2\n\n2026-07-01T12:00:00+00:00,sub-b,3,4\n');
    const tokens = (column: string) => ({ code: 'input_tokens', properties: { tokens: { column } } });
    const report = await importEvents({
      ...job(),
      mapping: checkMapping({
        timestamp: { column: 'at', zone: 'Europe/Paris' },
        external_subscription_id: { column: 'who' },
        events: [tokens('in'), tokens('out')],
      }),
    });
    expect(report).toMatchObject({ rows: 2, sentEvents: 4 });
    expect(await totals()).toEqual([{ code: 'input_tokens', events: 4, tokens: '10' }]);
    const { body } = await tenant.call('GET', '/api/v1/events?external_subscription_id=sub%2C%20%22a%22');
    expect(body.events).toEqual([
      expect.objectContaining({ transaction_id: `${tenant.id}.csv:1:input_tokens`, timestamp: '2026-07-01T10:00:00.5Z' }),
      expect.objectContaining({ transaction_id: `${tenant.id}.csv:1:input_tokens#2` }),
    ]);
  });

  it('is a command', async () => {
    const mappingFile = join(dir, 'mapping.json');
    await writeFile(mappingFile, JSON.stringify(mapping));
    const written: string[] = [];
    const stdout = jest.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    const program = new Command().exitOverride().configureOutput({ writeErr: (text) => void written.push(text) });
    registerEventsImport(program);
    const run = (mappingPath: string) =>
      program.parseAsync(['events:import', file, '--mapping', mappingPath, '--url', florin.url, '--key', tenant.key], {
        from: 'user',
      });
    try {
      await run(mappingFile);
      await expect(run(join(dir, 'none.json'))).rejects.toThrow('cannot be read as JSON');
    } finally {
      stdout.mockRestore();
    }
    expect(written.join('')).toContain(`${rowCount} rows imported, ${2 * rowCount} events sent.`);
    expect(await totals()).toEqual(complete);
  });
});

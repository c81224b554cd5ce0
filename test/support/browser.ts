import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** Prints where it unpacked the browser that npm brought; in a process of its own, because that place is the process's TMPDIR. */
const unpack = `import chromium from '@sparticuz/chromium'; chromium.setGraphicsMode = false; process.stdout.write(await chromium.executablePath());`;

/**
 * A Chromium that nobody installed by hand: npm brings one for Linux on x64, unpacked for this run, so that any user may start it.
 * Elsewhere FLORIN_TEST_BROWSER names one.
 */
export async function openBrowser(): Promise<{ browser: Browser; stop(): Promise<void> }> {
  const place = mkdtempSync(join(tmpdir(), 'florin-browser-'));
  const named = process.env['FLORIN_TEST_BROWSER'];
  const executablePath = named ?? unpackTo(place);
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  return {
    browser,
    async stop() {
      await browser.close();
      rmSync(place, { recursive: true, force: true });
    },
  };
}

function unpackTo(place: string): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', unpack], {
    cwd: join(__dirname, '../..'),
    env: { ...process.env, TMPDIR: place },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`no browser: name one by FLORIN_TEST_BROWSER (${stderr})`);
  return stdout;
}

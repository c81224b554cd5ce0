import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

const chunkBytes = 64 * 1024;
const lookAgainMs = 250;
const newline = 10;

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/**
 * The last whole lines of a file, at most `count`, and where in the file they end. Reads from its end and no more than it needs: a log of
 * many gigabytes costs as much as a short one.
 */
export async function lastLines(path: string, count: number): Promise<{ lines: string[]; end: number }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    let from = size;
    let breaks = 0;
    const chunks: Buffer[] = [];
    // One more break than lines: the one before the first of them.
    while (from > 0 && breaks <= count) {
      const length = Math.min(chunkBytes, from);
      from -= length;
      const chunk = await readAt(file, from, length);
      for (const byte of chunk) if (byte === newline) breaks++;
      chunks.unshift(chunk);
    }
    const bytes = Buffer.concat(chunks);
    const last = bytes.lastIndexOf(newline);
    const lines = last < 0 ? [] : bytes.subarray(0, last).toString('utf8').split('\n');
    return { lines: lines.slice(-count), end: from + last + 1 };
  } finally {
    await file.close();
  }
}

/** Gives each line that is added after byte `from`, for ever. A file that was emptied (`copytruncate`) or replaced begins anew. */
export async function follow(path: string, from: number, give: (line: string) => void): Promise<never> {
  let file = await open(path, 'r');
  let position = from;
  let rest: Buffer = Buffer.alloc(0);
  for (;;) {
    const chunk = await readAt(file, position, chunkBytes);
    if (chunk.length > 0) {
      position += chunk.length;
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
        give(rest.subarray(0, end).toString('utf8'));
        rest = rest.subarray(end + 1);
      }
      continue;
    }
    const [ours, current] = [await file.stat(), await statOf(path)];
    if (current && (current.ino !== ours.ino || current.size < position)) {
      await file.close();
      file = await open(path, 'r');
      position = 0;
      rest = Buffer.alloc(0);
    } else await pause(lookAgainMs);
  }
}

/** Undefined in the moment between the old file and the new one. */
const statOf = (path: string) => stat(path).catch(() => undefined);

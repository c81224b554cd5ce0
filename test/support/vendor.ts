import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stoppedAtLast } from './stopped-at-last.ts';

export interface VendorRequest {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** The service of a vendor that makes what subscriptions sell. */
export interface Vendor {
  readonly url: string;
  readonly requests: VendorRequest[];
  /** What it answers next, one after the other; 202 when nothing is left. 0 never answers. */
  readonly answers: number[];
  stop(): Promise<void>;
}

export async function openVendor(): Promise<Vendor> {
  const requests: VendorRequest[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      requests.push({ headers: request.headers, text, body: JSON.parse(text) });
      const status = answers.shift() ?? 202;
      if (status > 0) response.writeHead(status).end('heard');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return stoppedAtLast({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/make`,
    requests,
    answers,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

/** As a vendor would check it, by the words of https://www.standardwebhooks.com. */
export function isSignedBy(secret: string, { headers, text }: VendorRequest): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const [id, timestamp] = [String(headers['webhook-id']), String(headers['webhook-timestamp'])];
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${text}`).digest();
  return String(headers['webhook-signature'])
    .split(' ')
    .filter((part) => part.startsWith('v1,'))
    .some((part) => {
      const given = Buffer.from(part.slice(3), 'base64');
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
}

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { isPublicAddress } from '../../src/platform/outbound/public-address.ts';
import { Outbound } from '../../src/platform/outbound/outbound.ts';
import { readConfig } from '../../src/platform/config/config.ts';
import { until } from '../support/processes.ts';
import { openVendor } from '../support/vendor.ts';

const connectionsOf = (server: Server): Promise<number> => promisify(server.getConnections.bind(server))();

describe('requests to addresses that tenants name', () => {
  it.each(['8.8.8.8', '1.1.1.1', '172.15.0.1', '192.169.0.1', '2606:4700:4700::1111'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ...[
      '0.0.0.0',
      '10.0.0.1',
      '100.64.0.1',
      '127.0.0.1',
      '127.9.9.9',
      '169.254.169.254',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
    ],
    ...[
      '198.18.0.1',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      '::ffff:8.8.8.8',
      'fc00::1',
      'fe80::1',
      'ff02::1',
      '2001:db8::1',
    ],
    ...['2002:7f00:1::', '64:ff9b::a00:1', 'example.com', ''],
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it('do not reach a name that means our own host', async () => {
    const vendor = await openVendor();
    try {
      const outbound = new Outbound(readConfig({}));
      const address = `https://localhost.localdomain:${new URL(vendor.url).port}/`;
      await expect(outbound.post(address, {}, '{}')).rejects.toThrow(/not a public address|ENOTFOUND|EAI_AGAIN/);
      await expect(outbound.post(vendor.url, {}, '{}')).rejects.toThrow('url_is_invalid');
      expect(vendor.requests).toEqual([]);
    } finally {
      await vendor.stop();
    }
  });

  it('stop reading an answer that does not end', async () => {
    let written = 0;
    const endless = createServer((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(5_000))) written += 5_000;
      };
      response.on('drain', more);
      more();
    });
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
    try {
      const outbound = new Outbound(readConfig({ FLORIN_WEBHOOKS_ALLOW_PRIVATE: 'true' }));
      const { port } = endless.address() as AddressInfo;
      const answer = await outbound.post(`http://127.0.0.1:${port}/`, {}, '{}');
      expect(answer).toEqual({ status: 200, text: 'x'.repeat(500) });
      await until('the connection is gone', async () => (await connectionsOf(endless)) === 0);
      // What the two ends of a connection hold for each other is gone with it; nothing near what ten seconds would bring.
      expect(written).toBeLessThan(10_000_000);
    } finally {
      endless.close();
    }
  });

  it('are not redirected', async () => {
    const vendor = await openVendor();
    try {
      vendor.answers.push(302);
      const outbound = new Outbound(readConfig({ FLORIN_WEBHOOKS_ALLOW_PRIVATE: 'true' }));
      expect(await outbound.post(vendor.url, {}, '{}')).toEqual({ status: 302, text: 'heard' });
    } finally {
      await vendor.stop();
    }
  });
});

import { once } from 'node:events';
import { connect } from 'node:net';
import { startFlorin } from '../../support/florin.ts';

describe('Florin that is told to stop', () => {
  // Node itself would wait for either of them for a minute and longer.
  it.each([
    ['never said a word', ''],
    ['stopped in the middle of its first line', 'POST /api/v1/events HT'],
    ['stopped in the middle of its headers', 'POST /api/v1/events HTTP/1.1\r\nHost: florin\r\n'],
  ])(
    'does not wait for a connection that %s',
    async (_case, said) => {
      const florin = await startFlorin();
      const client = connect(Number(new URL(florin.url).port), '127.0.0.1');
      await once(client, 'connect');
      if (said !== '') await new Promise((sent) => client.write(said, sent));
      // An answer on another connection shows that the server has accepted this one.
      expect((await florin.as('')('GET', '/health/live')).status).toBe(200);
      const ended = once(client, 'close');
      await florin.stop();
      await ended;
    },
    25_000,
  );
});

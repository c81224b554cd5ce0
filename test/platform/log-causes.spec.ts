import { PassThrough } from 'node:stream';
import { BillingError } from '../../src/domain/errors/billing-error.ts';
import { log, logTo } from '../../src/platform/logging/log.ts';

describe('the log', () => {
  afterEach(() => logTo(process.stdout));

  it('says what caused an error, whose words no answer holds', () => {
    const stream = new PassThrough();
    logTo(stream as unknown as NodeJS.WriteStream);
    const cause = new Error('No such price: price_1', { cause: new Error('connect ECONNREFUSED') });
    log.error('request failed', new BillingError('payment_configuration', undefined, { cause }));
    const { error } = JSON.parse(String(stream.read())) as { error: string };
    expect(error).toMatch(
      /payment_configuration[^]*\nCaused by: Error: No such price: price_1[^]*\nCaused by: Error: connect ECONNREFUSED/,
    );
  });
});

import { BillingError, invalid } from '../../src/domain/errors/billing-error.ts';

describe('a refusal', () => {
  it('says its code, and what is wrong with which field', () => {
    const details = { units: ['value_is_mandatory'] };
    expect(invalid(details)).toMatchObject({
      name: 'BillingError',
      code: 'validation_errors',
      details,
      message: 'validation_errors {"units":["value_is_mandatory"]}',
    });
  });

  it('keeps what it came from', () => {
    const cause = new Error('deeper');
    const refusal = new BillingError('bad_request', undefined, { cause });
    expect([refusal.message, refusal.cause]).toEqual(['bad_request', cause]);
  });
});

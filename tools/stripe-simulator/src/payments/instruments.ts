/** Why a bank declines, as Stripe prints it. */
export interface Decline {
  readonly code: string;
  readonly decline_code: string;
  readonly message: string;
}

/** What a payment method does. */
export interface Behaviour {
  readonly brand: string;
  readonly funding?: 'credit' | 'debit';
  /** Already refused when it is attached or set up. */
  readonly refusedAtSetup?: true;
  readonly decline?: Decline;
  /** 3-D Secure: always, or unless it was set up for later. */
  readonly authenticate?: 'always' | 'unless_set_up';
  readonly dispute?: 'fraudulent' | 'product_not_received' | 'inquiry';
  readonly refund?: 'pending' | 'fails';
  /** Debits: the money comes, or fails to come, later. */
  readonly delayed?: true;
}

export interface Instrument extends Behaviour {
  readonly id: string;
  readonly number: string;
  /** Was authenticated for later use. */
  setUp: boolean;
}

const decline = (decline_code: string, message: string, code = 'card_declined'): Decline => ({ code, decline_code, message });

const declines = {
  generic: decline('generic_decline', 'Your card was declined.'),
  insufficientFunds: decline('insufficient_funds', 'Your card has insufficient funds.'),
  lostCard: decline('lost_card', 'Your card was declined.'),
  stolenCard: decline('stolen_card', 'Your card was declined.'),
  expiredCard: decline('expired_card', 'Your card has expired.', 'expired_card'),
  incorrectCvc: decline('incorrect_cvc', "Your card's security code is incorrect.", 'incorrect_cvc'),
  processingError: decline(
    'processing_error',
    'An error occurred while processing your card. Try again in a little bit.',
    'processing_error',
  ),
  fraudulent: decline('fraudulent', 'Your card was declined.'),
  velocity: decline('card_velocity_exceeded', 'Your card was declined for making repeated attempts too frequently.'),
  debit: decline('insufficient_funds', 'The customer account has insufficient funds.', 'payment_method_provider_decline'),
};

const visa = { brand: 'visa' } as const;
const refused = (why: Decline): Behaviour => ({ ...visa, decline: why, refusedAtSetup: true });

/** Stripe's test cards by number. */
const byNumber: Record<string, Behaviour> = {
  '4242424242424242': visa,
  '4000056655665556': { ...visa, funding: 'debit' },
  '5555555555554444': { brand: 'mastercard' },
  '2223003122003222': { brand: 'mastercard' },
  '5200828282828210': { brand: 'mastercard', funding: 'debit' },
  '378282246310005': { brand: 'amex' },
  '6011111111111117': { brand: 'discover' },
  '3056930009020004': { brand: 'diners' },
  '3566002020360505': { brand: 'jcb' },
  '6200000000000005': { brand: 'unionpay' },
  '4000000000000077': visa,
  '4000000000003055': visa,
  '4000003800000446': visa,
  '4000000000000002': refused(declines.generic),
  '4000000000009995': refused(declines.insufficientFunds),
  '4000000000009987': refused(declines.lostCard),
  '4000000000009979': refused(declines.stolenCard),
  '4000000000000069': refused(declines.expiredCard),
  '4000000000000127': refused(declines.incorrectCvc),
  '4000000000000119': refused(declines.processingError),
  '4000000000006975': refused(declines.velocity),
  '4100000000000019': refused(declines.fraudulent),
  '4000000000000341': { ...visa, decline: declines.generic },
  '4000002500003155': { ...visa, authenticate: 'unless_set_up' },
  '4000002760003184': { ...visa, authenticate: 'always' },
  '4000000000003220': { ...visa, authenticate: 'always' },
  '4000008400001629': { ...visa, authenticate: 'always', decline: declines.generic },
  '4000008260003178': { ...visa, authenticate: 'always', decline: declines.insufficientFunds },
  '4000000000000259': { ...visa, dispute: 'fraudulent' },
  '4000000000002685': { ...visa, dispute: 'product_not_received' },
  '4000000000001976': { ...visa, dispute: 'inquiry' },
  '4000000000007726': { ...visa, refund: 'pending' },
  '4000000000005126': { ...visa, refund: 'fails' },
};

/** What follows `pm_card_` or `tok_`. */
const byName: Record<string, string> = {
  visa: '4242424242424242',
  visa_debit: '4000056655665556',
  visa_debit_fee: '4000056655665556',
  mastercard: '5555555555554444',
  mastercard_debit: '5200828282828210',
  mastercard_prepaid: '5555555555554444',
  amex: '378282246310005',
  discover: '6011111111111117',
  diners: '3056930009020004',
  jcb: '3566002020360505',
  unionpay: '6200000000000005',
  us: '4242424242424242',
  bypassPending: '4000000000000077',
  threeDSecureOptional: '4000000000003055',
  threeDSecureRequired: '4000002760003184',
  threeDSecure2Required: '4000000000003220',
  authenticationRequired: '4000002760003184',
  authenticationRequiredOnSetup: '4000002500003155',
  authenticationRequiredChargeDeclined: '4000008400001629',
  authenticationRequiredChargeDeclinedInsufficientFunds: '4000008260003178',
  authenticationRequiredSetupForOffSession: '4000003800000446',
  chargeDeclined: '4000000000000002',
  chargeDeclinedInsufficientFunds: '4000000000009995',
  chargeDeclinedLostCard: '4000000000009987',
  chargeDeclinedStolenCard: '4000000000009979',
  chargeDeclinedExpiredCard: '4000000000000069',
  chargeDeclinedIncorrectCvc: '4000000000000127',
  chargeDeclinedProcessingError: '4000000000000119',
  chargeDeclinedFraudulent: '4100000000000019',
  chargeDeclinedVelocityLimitExceeded: '4000000000006975',
  chargeCustomerFail: '4000000000000341',
  createDispute: '4000000000000259',
  createDisputeProductNotReceived: '4000000000002685',
  createDisputeInquiry: '4000000000001976',
  pendingRefund: '4000000000007726',
  refundFail: '4000000000005126',
};

export interface TestCard extends Behaviour {
  readonly number: string;
}

/** The card behind `pm_card_visa_chargeDeclinedLostCard`, `tok_visa` or a number. */
export function testCard(name: string): TestCard | undefined {
  const short = name.replace(/^(pm_card_|tok_)/, '').replace(/^visa_(?=chargeDeclined)/, '');
  const number = Object.hasOwn(byName, short) ? byName[short] : name.replaceAll(/[\s-]/g, '');
  const behaviour = number !== undefined && Object.hasOwn(byNumber, number) ? byNumber[number] : undefined;
  return behaviour && number ? { ...behaviour, number } : undefined;
}

/** Debits pay after a while; the account at the end of whose number stands this fails then, and so does the one the CLI's script uses. */
export const debit = (brand: 'sepa_debit' | 'us_bank_account', number: string): Behaviour => ({
  brand,
  delayed: true,
  ...(/(2222|0116|3035|^IT60X0542811101000000123456)$/.test(number) && { decline: declines.debit }),
});

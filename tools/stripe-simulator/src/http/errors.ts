/** The members of `error` in Stripe's answers. */
export interface ErrorBody {
  type: 'invalid_request_error' | 'card_error' | 'api_error' | 'idempotency_error' | 'rate_limit_error' | 'authentication_error';
  message: string;
  code?: string;
  param?: string;
  decline_code?: string;
  charge?: string;
  payment_intent?: object;
  payment_method?: object;
  setup_intent?: object;
}

/** A refusal in Stripe's shape. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly error: ErrorBody,
    readonly headers: Record<string, string> = {},
  ) {
    super(error.message);
  }
}

export const invalid = (message: string, details: { code?: string; param?: string } = {}): Refusal =>
  new Refusal(400, { type: 'invalid_request_error', message, ...details });

export const resourceMissing = (noun: string, id: string, param = 'id'): Refusal =>
  new Refusal(404, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${noun}: '${id}'`,
    param,
  });

export const parameterMissing = (param: string): Refusal =>
  invalid(`Missing required param: ${param}.`, { code: 'parameter_missing', param });

export const parameterUnknown = (param: string): Refusal =>
  invalid(`Received unknown parameter: ${param}`, { code: 'parameter_unknown', param });

/** What is asked does not fit the object's state. */
export const wrongState = (code: string, message: string, param?: string): Refusal =>
  invalid(message, { code, ...(param && { param }) });

/** The body of a refusal as it goes over the wire. */
export const bodyOf = (refusal: Refusal): object => ({
  error: {
    ...refusal.error,
    ...(refusal.error.code && { doc_url: `https://docs.stripe.com/error-codes/${refusal.error.code.replaceAll('_', '-')}` }),
  },
});

import { BillingError } from '../../domain/errors/billing-error.ts';
import { databaseError } from '../database/unit-of-work.ts';

/** Why an object could not be worked on, in words for whoever has to mend it. */
export interface Reason {
  readonly code: string;
  /** The field that was refused, where one was. */
  readonly field: string | null;
  readonly message: string;
}

/** Something that is wrong with an object and says why by itself. */
export class Trouble extends Error {
  constructor(
    readonly reason: Reason,
    cause: unknown,
  ) {
    super(reason.message, { cause });
    this.name = 'Trouble';
  }
}

/** A refusal says its field; what the database or the program says stays in the log, for it may hold what is nobody's business. */
export function reasonOf(error: unknown): Reason {
  if (error instanceof BillingError) return reasonOfRefusal(error);
  if (error instanceof Trouble) return error.reason;
  const { code = '', constraint } = databaseError(error);
  if (code === '22003')
    return { code: 'number_out_of_range', field: null, message: 'an amount or a quantity is larger than can be stored' };
  if (constraint !== undefined)
    return { code: constraint, field: null, message: `the database refuses it by its rule ${constraint}` };
  return { code: 'not_billable', field: null, message: 'an unexpected error; the log has it, with the id of this object' };
}

function reasonOfRefusal({ code, details = {} }: BillingError): Reason {
  const refused = Object.entries(details);
  return {
    code,
    field: refused[0]?.[0] ?? null,
    message: refused.map(([field, reasons]) => `${field}: ${reasons.join(', ')}`).join('; ') || code,
  };
}

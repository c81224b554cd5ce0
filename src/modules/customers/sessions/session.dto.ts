import { IsDefined, IsIn, IsOptional, IsUrl, MaxLength } from 'class-validator';
import { IsKey } from '../../../platform/http/validators.ts';

export class CreateSessionInput {
  /** What the person may do on the billing pages: members read subscriptions, admins also invoices, owners buy and cancel. */
  @IsDefined()
  @IsIn(['owner', 'admin', 'member'])
  role: 'owner' | 'admin' | 'member';
  /** The person, as the vendor's own server names them. */
  @IsKey()
  subject: string;
  /** Where the person lands after paying and after the payment provider's portal; FLORIN_BILLING_PAGE_URL by default. */
  @IsOptional()
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false })
  @MaxLength(500)
  return_url?: string | null;
}

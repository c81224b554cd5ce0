import { IsDefined, IsIn } from 'class-validator';
import { IsKey } from '../../../platform/http/validators.ts';

export class CreateSessionInput {
  /** What the person may do on the billing pages: members read subscriptions, admins also invoices, owners buy and cancel. */
  @IsDefined()
  @IsIn(['owner', 'admin', 'member'])
  role: 'owner' | 'admin' | 'member';
  /** The person, as the vendor's own server names them. */
  @IsKey()
  subject: string;
}

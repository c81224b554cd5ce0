import { IsEmail, IsOptional } from 'class-validator';
import { IsCountry, IsText } from '../../platform/http/validators.ts';

/** `LegalIdentityColumns` on the wire. */
export class LegalIdentityInput {
  @IsOptional()
  @IsText()
  legal_name?: string | null;
  @IsOptional()
  @IsText()
  legal_number?: string | null;
  @IsOptional()
  @IsText()
  tax_identification_number?: string | null;
  @IsOptional()
  @IsEmail()
  email?: string | null;
  @IsOptional()
  @IsText()
  phone?: string | null;
  @IsOptional()
  @IsText()
  address_line1?: string | null;
  @IsOptional()
  @IsText()
  address_line2?: string | null;
  @IsOptional()
  @IsText()
  city?: string | null;
  @IsOptional()
  @IsText()
  state?: string | null;
  @IsOptional()
  @IsText()
  zipcode?: string | null;
  /** ISO 3166-1 alpha-2. */
  @IsOptional()
  @IsCountry()
  country?: string | null;
}

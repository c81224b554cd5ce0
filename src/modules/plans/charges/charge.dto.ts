import { Type } from 'class-transformer';
import {
  Equals,
  IsArray,
  IsBoolean,
  IsDefined,
  IsEmpty,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  ValidateNested,
} from 'class-validator';
import { type ChargeModelName, chargeModels } from '../../../domain/pricing/charge-model.ts';
import { IsAmountCents, IsKey, IsText } from '../../../platform/http/validators.ts';

const unsupported = { message: 'unsupported_value' };

/** Lago's properties of the charge model; `domain/pricing` reads them and names what is wrong. */
export type PropertiesInput = Readonly<Record<string, unknown>>;

/** A price of its own for events with these values. */
export class ChargeFilterInput {
  @IsOptional()
  @IsText()
  invoice_display_name?: string | null;
  @IsDefined()
  @IsObject()
  properties: PropertiesInput;
  /** Key → values, of the metric's filters; `__ALL_FILTER_VALUES__` is each of them. */
  @IsDefined()
  @IsObject()
  values: Readonly<Record<string, unknown>>;
  /** Whether subscriptions' own copies of the plan follow, in what they have as the plan had it. */
  @IsOptional()
  @IsBoolean()
  cascade_updates?: boolean;
}

export class UpdateChargeFilterInput {
  @IsOptional()
  @IsText()
  invoice_display_name?: string | null;
  @IsOptional()
  @IsObject()
  properties?: PropertiesInput;
  @IsOptional()
  @IsObject()
  values?: Readonly<Record<string, unknown>>;
  /** Whether subscriptions' own copies of the plan follow, in what they have as the plan had it. */
  @IsOptional()
  @IsBoolean()
  cascade_updates?: boolean;
}

/** Of what the official client can send and Florin does not do, the value that means "not used" is accepted. */
abstract class ChargeFields {
  @IsOptional()
  @IsKey()
  code?: string | null;
  @IsOptional()
  @IsText()
  invoice_display_name?: string | null;
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  tax_codes?: string[] | null;
  /** Charged by each event at once, not at the end of the period. */
  @IsOptional()
  @IsBoolean()
  pay_in_advance?: boolean;
  /** Only what is paid in advance can do without an invoice. */
  @IsOptional()
  @IsBoolean()
  invoiceable?: boolean;
  @IsOptional()
  @IsEmpty(unsupported)
  regroup_paid_fees?: null;
  /** Of a recurring metric: units count by the days they are there. */
  @IsOptional()
  @IsBoolean()
  prorated?: boolean;
  /** The least that a period costs; the rest is a fee of its own. */
  @IsOptional()
  @IsAmountCents()
  min_amount_cents?: bigint;
  @IsOptional()
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => ChargeFilterInput)
  filters?: ChargeFilterInput[] | null;
  @IsOptional()
  @IsEmpty(unsupported)
  applied_pricing_unit?: null;
  @IsOptional()
  @Equals(false, unsupported)
  accepts_target_wallet?: false;
  /** Whether subscriptions' own copies of the plan follow, in what they have as the plan had it. */
  @IsOptional()
  @IsBoolean()
  cascade_updates?: boolean;
}

export class CreateChargeInput extends ChargeFields {
  @IsDefined()
  @IsUUID()
  billable_metric_id: string;
  @IsDefined()
  @IsIn(chargeModels, unsupported)
  charge_model: ChargeModelName;
  @IsDefined()
  @IsObject()
  properties: PropertiesInput;
}

export class UpdateChargeInput extends ChargeFields {
  @IsOptional()
  @IsUUID()
  billable_metric_id?: string;
  @IsOptional()
  @IsIn(chargeModels, unsupported)
  charge_model?: ChargeModelName;
  @IsOptional()
  @IsObject()
  properties?: PropertiesInput;
}

/** A charge in the list of a plan update: one the plan has (by id or code) or a new one. */
export class ListedChargeInput extends UpdateChargeInput {
  @IsOptional()
  @IsUUID()
  id?: string;
}

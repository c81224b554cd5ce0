import { Injectable } from '@nestjs/common';
import { IsOptional, IsString } from 'class-validator';
import { IsNull } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { isId } from '../../platform/database/ids.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { FeatureFlags } from '../../platform/feature-flags/feature-flags.ts';
import type { Warning } from '../../platform/http/warnings.ts';
import { BillingEntityRow } from './billing-entity.entity.ts';

/** How a request names a billing entity: by id or by code, the id wins. Blank says nothing, null takes the choice back. */
export abstract class BillingEntityParameters {
  @IsOptional()
  @IsString()
  billing_entity_id?: string | null;
  @IsOptional()
  @IsString()
  billing_entity_code?: string | null;
}

/** What a request wants: leave it, take the choice back, or this one. */
export type BillingEntityChoice = 'keep' | 'inherit' | { readonly id: string } | { readonly code: string };

/** I3, I11: the id before the code, a blank like nothing at all, null only when nothing is named beside it. */
export function billingEntityChoice({
  billing_entity_id: id,
  billing_entity_code: code,
}: BillingEntityParameters): BillingEntityChoice {
  if (id?.trim()) return { id };
  if (code?.trim()) return { code };
  return id === null || code === null ? 'inherit' : 'keep';
}

/**
 * The entity that was chosen, locked against being archived until the transaction ends; undefined when none was named.
 * @throws BillingError billing_entity_not_found: unknown, another tenant's, archived, or an id that is none (I4, I5)
 */
export async function chosenBillingEntity(
  tx: Tx,
  organizationId: string,
  choice: BillingEntityChoice,
): Promise<BillingEntityRow | undefined> {
  if (typeof choice === 'string') return undefined;
  if ('id' in choice && !isId(choice.id)) throw new BillingError('billing_entity_not_found');
  const row = await tx.findOne(BillingEntityRow, {
    where: { organizationId, archivedAt: IsNull(), ...choice },
    lock: { mode: 'pessimistic_read' },
  });
  if (!row) throw new BillingError('billing_entity_not_found');
  return row;
}

/** What requests about subscriptions may choose: only where the organization has several sellers switched on. */
@Injectable()
export class SubscriptionEntityChoice {
  constructor(private readonly featureFlags: FeatureFlags) {}

  /** Asked once per request, before its transaction. Without `multi_entity_billing` the parameters are ignored, and the warnings say so (I8). */
  async of(
    organizationId: string,
    input: BillingEntityParameters,
  ): Promise<{ readonly choice: BillingEntityChoice; readonly warnings: readonly Warning[] }> {
    const choice = billingEntityChoice(input);
    if (choice === 'keep' || (await this.featureFlags.isEnabled('multi_entity_billing', organizationId)))
      return { choice, warnings: [] };
    const named = (['billing_entity_id', 'billing_entity_code'] as const).filter((field) => input[field] !== undefined);
    return {
      choice: 'keep',
      warnings: named.map((field) => ({ field, code: 'parameter_ignored', feature: 'multi_entity_billing' })),
    };
  }
}

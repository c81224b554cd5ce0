import { applyDecorators } from '@nestjs/common';
import { IsIn } from 'class-validator';

/** `stripe`: by card, at Stripe. `manual`: by bank transfer, noted by hand. */
export const providerNames = ['STRIPE', 'MANUAL'] as const;
export type ProviderName = (typeof providerNames)[number];
export type ProviderWord = Lowercase<ProviderName>;

export const IsProviderWord = (): PropertyDecorator => applyDecorators(IsIn(providerNames.map((name) => name.toLowerCase())));

export const providerNameOf = (word: ProviderWord): ProviderName => word.toUpperCase() as ProviderName;

/** Who takes the money of this customer: its own choice, else its billing entity's. */
export const effectiveProvider = (
  customer: { readonly paymentProvider: ProviderName | null },
  entity: { readonly paymentProvider: ProviderName },
): ProviderName => customer.paymentProvider ?? entity.paymentProvider;

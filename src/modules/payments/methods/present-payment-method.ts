import type { PaymentMethod } from '../provider/payment-provider.ts';

export const presentPaymentMethod = ({ id, type, card, isDefault }: PaymentMethod) => ({
  id,
  type,
  brand: card?.brand ?? null,
  last4: card?.last4 ?? null,
  exp_month: card?.expMonth ?? null,
  exp_year: card?.expYear ?? null,
  is_default: isDefault,
});

import { isoOf } from '../../platform/clock/clock.ts';
import type { AddOnRow } from './add-on.entity.ts';

export const presentAddOn = (row: AddOnRow) => ({
  id: row.id,
  lago_id: row.id,
  code: row.code,
  name: row.name,
  invoice_display_name: row.invoiceDisplayName,
  description: row.description,
  amount_cents: row.amountCents,
  amount_currency: row.amountCurrency,
  taxes: [],
  created_at: isoOf(row.createdAt),
  updated_at: isoOf(row.updatedAt),
});

import { Exact } from '../../domain/money/exact.ts';
import { isoOf } from '../../platform/clock/clock.ts';
import { jsonNumber } from '../../platform/http/strict-json.ts';
import type { TaxRow } from './tax.entity.ts';

export const presentTax = (row: TaxRow) => ({
  id: row.id,
  lago_id: row.id,
  code: row.code,
  name: row.name,
  description: row.description,
  rate: jsonNumber(Exact.parse(row.rate).toDecimal()),
  applied_to_organization: row.appliedToOrganization,
  created_at: isoOf(row.createdAt),
});

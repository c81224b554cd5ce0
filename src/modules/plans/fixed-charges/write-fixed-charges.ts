import { In } from 'typeorm';
import { invalid } from '../../../domain/errors/billing-error.ts';
import type { WireProperties } from '../../../domain/pricing/charge-model.ts';
import { formatMajor, inMinorUnits, largestAmountCents } from '../../../domain/money/currency.ts';
import { Exact } from '../../../domain/money/exact.ts';
import { priceUsage } from '../../../domain/pricing/price-usage.ts';
import { pricingOf } from '../../../domain/pricing/read-charge-model.ts';
import { newId } from '../../../platform/database/ids.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { type AddOnRow, findAddOn } from '../../add-ons/index.ts';

import type { FixedChargeModelName, ListedFixedChargeInput } from './fixed-charge.dto.ts';
import { FixedChargeRow } from './fixed-charge.entity.ts';
import { keepUnitsChange } from './fixed-charge-units.store.ts';
import { type Place, placePrices, refusedFields } from '../place-prices.ts';
import type { PlanRow } from '../plan.entity.ts';
import { isPlanLive } from '../plans.store.ts';
import { fieldPrefix, type PriceWrite } from '../charges/decide-charges.ts';
import { readProperties, under } from '../read-pricing.ts';

/**
 * Writes the fixed charges of a plan whose row is locked, and returns the listed ones.
 * @throws BillingError add_on_not_found, validation_errors (fields named `fixed_charges.0.…` when a list replaces all)
 */
export async function writeFixedCharges(
  tx: Tx,
  plan: PlanRow,
  inputs: readonly ListedFixedChargeInput[],
  write: PriceWrite,
  at: Date,
): Promise<FixedChargeRow[]> {
  const { organizationId } = plan;
  const known = await tx.findBy(FixedChargeRow, { organizationId, planId: plan.id, status: 'ACTIVE' });
  const addOns: (AddOnRow | undefined)[] = [];
  for (const input of inputs) {
    const named = input.add_on_id ?? input.add_on_code;
    addOns.push(named === undefined ? undefined : await findAddOn(tx, organizationId, named));
  }

  const places = placePrices(
    known.map((row) => ({ id: row.id, code: row.code, sourceId: row.addOnId })),
    inputs.map((input, i) => ({ id: input.id, code: input.code, ...(addOns[i] ? { source: addOns[i] } : {}) })),
    write === 'add',
  );
  refuseWrongOnes(plan, places, { known, inputs, addOns, write });
  const wrong: [string, readonly string[]][] = [];
  const rows = places.map((place, i) => {
    const row = fixedChargeOf(plan, place, inputs[i] ?? {}, { known, addOn: addOns[i], at });
    const read = readProperties(row.chargeModel, row.properties);
    if ('properties' in read) {
      const priced = { ...row, properties: read.properties };
      if (isTooDear(priced, plan.amountCurrency))
        wrong.push([`${fieldPrefix(write, 'fixed_charges', i)}units`, ['value_is_out_of_range']]);
      return priced;
    }
    wrong.push(...under(fieldPrefix(write, 'fixed_charges', i), read.wrong));
    return row;
  });
  if (wrong.length > 0) throw invalid(Object.fromEntries(wrong));

  const added = rows.filter((_, i) => places[i]?.kind === 'add');
  const isLive = added.length < rows.length && (await isPlanLive(tx, plan));
  for (const [i, row] of rows.entries()) {
    if (places[i]?.kind !== 'change') continue;
    const before = known.find(({ id }) => id === row.id);
    const immediately = inputs[i]?.apply_units_immediately ?? false;
    if (before && isLive) await keepUnitsChange(tx, plan, { before, after: row, immediately, at });
    const { code, invoiceDisplayName, units, chargeModel, properties, prorated } = row;
    const changes = { code, invoiceDisplayName, units, chargeModel, properties, prorated, updatedAt: at };
    await tx.update(FixedChargeRow, { organizationId, id: row.id }, changes);
  }
  if (added.length > 0) await tx.insert(FixedChargeRow, added);
  if (write === 'replace') {
    const listed = new Set(rows.map((row) => row.id));
    await deactivateFixedCharges(
      tx,
      plan,
      known.filter((row) => !listed.has(row.id)),
      at,
    );
  }
  return rows;
}

/** Units that come to more than a fee can hold could never be billed. */
function isTooDear({ chargeModel, properties, units }: FixedChargeRow, currency: string): boolean {
  const { amount } = priceUsage(
    pricingOf(chargeModel, properties).model,
    { units: Exact.parse(units), eventsCount: 0n },
    currency,
  );
  return inMinorUnits(amount, currency).compare(Exact.fromInteger(largestAmountCents)) > 0;
}

/** For good: these units are not billed from now on. */
export async function deactivateFixedCharges(tx: Tx, plan: PlanRow, rows: readonly FixedChargeRow[], at: Date): Promise<void> {
  if (rows.length === 0) return;
  const ids = rows.map((row) => row.id);
  await tx.update(FixedChargeRow, { organizationId: plan.organizationId, id: In(ids) }, { status: 'INACTIVE', updatedAt: at });
}

interface Request {
  readonly known: readonly FixedChargeRow[];
  readonly inputs: readonly ListedFixedChargeInput[];
  readonly addOns: readonly (AddOnRow | undefined)[];
  readonly write: PriceWrite;
}

/** An add-on's own amount is the default only in its own currency. */
function refuseWrongOnes(plan: PlanRow, places: readonly Place[], { known, inputs, addOns, write }: Request): void {
  const prefix = (i: number): string => fieldPrefix(write, 'fixed_charges', i);
  const addOnField = (i: number): string =>
    inputs[i]?.add_on_id === undefined && inputs[i]?.add_on_code ? 'add_on_code' : 'add_on_id';
  const wrong = [
    ...places.flatMap((place, i) => {
      const current = place.kind === 'change' ? known.find((row) => row.id === place.id) : undefined;
      const asked = inputs[i]?.pay_in_advance;
      return current && asked !== undefined && asked !== current.payInAdvance
        ? [[`${prefix(i)}pay_in_advance`, ['not_editable']] as const]
        : [];
    }),
    ...refusedFields(places, (i, field) => `${prefix(i)}${field === 'source' ? addOnField(i) : field}`),
    ...places.flatMap((place, i) =>
      place.kind === 'add' && usesOwnAmount(inputs[i] ?? {}) && addOns[i]?.amountCurrency !== plan.amountCurrency
        ? [[`${prefix(i)}${addOnField(i)}`, ['currencies_does_not_match']] as const]
        : [],
    ),
  ];
  if (wrong.length > 0) throw invalid(Object.fromEntries(wrong));
}

/** A standard one that names no amount. */
const usesOwnAmount = ({ charge_model: model = 'standard', properties }: ListedFixedChargeInput): boolean =>
  model === 'standard' && (properties?.['amount'] ?? '') === '';

function fixedChargeOf(
  plan: PlanRow,
  place: Place,
  input: ListedFixedChargeInput,
  { known, addOn, at }: { known: readonly FixedChargeRow[]; addOn: AddOnRow | undefined; at: Date },
): FixedChargeRow {
  if (place.kind === 'refused') throw new Error('a refused fixed charge cannot be written');
  const current = place.kind === 'change' ? known.find((row) => row.id === place.id) : undefined;
  const ownAmount = addOn ? formatMajor(addOn.amountCents, addOn.amountCurrency) : '0';
  const chargeModel = input.charge_model ?? current?.chargeModel ?? 'standard';
  return {
    organizationId: plan.organizationId,
    id: current?.id ?? newId(),
    planId: plan.id,
    parentId: current?.parentId ?? null,
    addOnId: current?.addOnId ?? addOn?.id ?? '',
    code: place.code,
    invoiceDisplayName:
      input.invoice_display_name === undefined ? (current?.invoiceDisplayName ?? null) : input.invoice_display_name,
    units: input.units ?? current?.units ?? '0',
    chargeModel,
    properties: propertiesOf(
      chargeModel,
      input,
      current?.chargeModel === chargeModel ? current.properties : undefined,
      ownAmount,
    ),
    prorated: input.prorated ?? current?.prorated ?? true,
    payInAdvance: current?.payInAdvance ?? input.pay_in_advance ?? false,
    status: 'ACTIVE',
    createdAt: current?.createdAt ?? at,
    updatedAt: at,
  };
}

/** What is given, else what it had; what a standard one leaves open is the add-on's own amount. */
function propertiesOf(
  model: FixedChargeModelName,
  input: ListedFixedChargeInput,
  known: WireProperties | undefined,
  ownAmount: string,
) {
  const otherwise: WireProperties = known ?? (model === 'standard' ? { amount: ownAmount } : {});
  const given = input.properties as WireProperties | undefined;
  return given === undefined ? otherwise : { ...(model === 'standard' ? otherwise : {}), ...given };
}

import { Injectable } from '@nestjs/common';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { ChangePlan } from './change-plan.ts';
import type { PriceWrite } from './charges/decide-charges.ts';
import type { PlanRow } from './plan.entity.ts';

/** Charges or fixed charges: how those of a plan are found, written and taken out of use. */
export interface PricesOfPlan<Row extends { readonly id: string; readonly status: string }, Input> {
  find(tx: Tx, plan: PlanRow, idOrCode: string): Promise<Row>;
  write(tx: Tx, plan: PlanRow, inputs: readonly Input[], write: PriceWrite, at: Date): Promise<Row[]>;
  deactivate(tx: Tx, plan: PlanRow, rows: readonly Row[], at: Date): Promise<void>;
}

interface Cascade {
  readonly cascade_updates?: boolean;
}

/** One price of a plan, added, changed or taken out of use: a change of the plan. */
@Injectable()
export class ChangePrice {
  constructor(private readonly changePlan: ChangePlan) {}

  async add<Row extends { readonly id: string; readonly status: string }, Input extends Cascade>(
    prices: PricesOfPlan<Row, Input>,
    organizationId: string,
    planCode: string,
    input: Input,
  ): Promise<Row | undefined> {
    const [row] = await this.changePlan.execute(
      organizationId,
      planCode,
      (tx, plan, at) => prices.write(tx, plan, [input], 'add', at),
      input,
    );
    return row;
  }

  async change<Row extends { readonly id: string; readonly status: string }, Input extends Cascade>(
    prices: PricesOfPlan<Row, Input>,
    organizationId: string,
    planCode: string,
    idOrCode: string,
    input: Input,
  ): Promise<Row | undefined> {
    const [row] = await this.changePlan.execute(
      organizationId,
      planCode,
      async (tx, plan, at) => {
        const { id } = await prices.find(tx, plan, idOrCode);
        return prices.write(tx, plan, [{ ...input, id }], 'change', at);
      },
      input,
    );
    return row;
  }

  /** For good: its code is free, what was billed by it stays. */
  deactivate<Row extends { readonly id: string; readonly status: string }, Input extends Cascade>(
    prices: PricesOfPlan<Row, Input>,
    organizationId: string,
    planCode: string,
    idOrCode: string,
    cascade: Cascade,
  ): Promise<Row> {
    return this.changePlan.execute(
      organizationId,
      planCode,
      async (tx, plan, at) => {
        const row = await prices.find(tx, plan, idOrCode);
        await prices.deactivate(tx, plan, [row], at);
        return { ...row, status: 'INACTIVE', updatedAt: at };
      },
      cascade,
    );
  }
}

import { Module } from '@nestjs/common';
import { ChangePlan } from './change-plan.ts';
import { ChangePrice } from './change-price.ts';
import { ChargeFiltersController } from './charges/charge-filters.controller.ts';
import { ChargesController } from './charges/charges.controller.ts';
import { CreatePlan } from './create-plan.ts';
import { DeletePlan } from './delete-plan.ts';
import { FixedChargesController } from './fixed-charges/fixed-charges.controller.ts';
import { PlansController } from './plans.controller.ts';
import { UpdatePlan } from './update-plan.ts';

@Module({
  controllers: [PlansController, ChargesController, ChargeFiltersController, FixedChargesController],
  providers: [CreatePlan, ChangePlan, ChangePrice, UpdatePlan, DeletePlan],
})
export class PlansModule {}

import { Module } from '@nestjs/common';
import { AddOnsController } from './add-ons.controller.ts';
import { BillableMetricsController } from './billable-metrics.controller.ts';
import { ChangePlan } from './change-plan.ts';
import { ChargesController } from './charges.controller.ts';
import { CreatePlan } from './create-plan.ts';
import { DeletePlan } from './delete-plan.ts';
import { FixedChargesController } from './fixed-charges.controller.ts';
import { PlansController } from './plans.controller.ts';
import { UpdatePlan } from './update-plan.ts';
import { WriteBillableMetric } from './write-billable-metric.ts';

@Module({
  controllers: [BillableMetricsController, AddOnsController, PlansController, ChargesController, FixedChargesController],
  providers: [WriteBillableMetric, CreatePlan, ChangePlan, UpdatePlan, DeletePlan],
})
export class CatalogModule {}

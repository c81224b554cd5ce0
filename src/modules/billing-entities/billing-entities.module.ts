import { Module } from '@nestjs/common';
import { BillingEntitiesController } from './billing-entities.controller.ts';
import { Bootstrap } from './bootstrap.ts';
import { OpenOrganization } from './open-organization.ts';
import { OpeningController } from './opening.controller.ts';
import { UpdateBillingEntity } from './update-billing-entity.ts';

@Module({
  controllers: [BillingEntitiesController, OpeningController],
  providers: [Bootstrap, OpenOrganization, UpdateBillingEntity],
  exports: [OpenOrganization],
})
export class BillingEntitiesModule {}

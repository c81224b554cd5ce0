import { Module } from '@nestjs/common';
import { ArchiveBillingEntity } from './archive-billing-entity.ts';
import { BillingEntitiesController } from './billing-entities.controller.ts';
import { Bootstrap } from './bootstrap.ts';
import { SubscriptionEntityChoice } from './choose-billing-entity.ts';
import { OpenOrganization } from './open-organization.ts';
import { OpeningController } from './opening.controller.ts';
import { UpdateBillingEntity } from './update-billing-entity.ts';

@Module({
  controllers: [BillingEntitiesController, OpeningController],
  providers: [ArchiveBillingEntity, Bootstrap, OpenOrganization, SubscriptionEntityChoice, UpdateBillingEntity],
  exports: [OpenOrganization, SubscriptionEntityChoice],
})
export class BillingEntitiesModule {}

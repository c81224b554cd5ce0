import { Module } from '@nestjs/common';
import { BillingEntitiesModule } from '../billing-entities/index.ts';
import { CreateSubscription } from './create-subscription.ts';
import { OwnPricesController } from './own-prices.controller.ts';
import { PauseSubscription } from './pause-subscription.ts';
import { PausesController } from './pauses.controller.ts';
import { ResumeSubscription } from './resume-subscription.ts';
import { CustomerSubscriptionsController } from './customer-subscriptions.controller.ts';
import { SubscriptionsController } from './subscriptions.controller.ts';
import { TerminateSubscription } from './terminate-subscription.ts';
import { UpdateSubscription } from './update-subscription.ts';
import { WakeSubscriptions } from './wake-subscriptions.ts';

const verbs = [
  CreateSubscription,
  UpdateSubscription,
  TerminateSubscription,
  PauseSubscription,
  ResumeSubscription,
  WakeSubscriptions,
];

@Module({
  imports: [BillingEntitiesModule],
  controllers: [CustomerSubscriptionsController, SubscriptionsController, PausesController, OwnPricesController],
  providers: verbs,
  exports: verbs,
})
export class SubscriptionsModule {}

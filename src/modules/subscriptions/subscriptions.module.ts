import { Module } from '@nestjs/common';
import { CreateSubscription } from './create-subscription.ts';
import { SubscriptionsController } from './subscriptions.controller.ts';
import { TerminateSubscription } from './terminate-subscription.ts';
import { UpdateSubscription } from './update-subscription.ts';
import { WakeSubscriptions } from './wake-subscriptions.ts';

@Module({
  controllers: [SubscriptionsController],
  providers: [CreateSubscription, UpdateSubscription, TerminateSubscription, WakeSubscriptions],
  exports: [WakeSubscriptions],
})
export class SubscriptionsModule {}

import { Module } from '@nestjs/common';
import { AddOnsController } from './add-ons.controller.ts';

@Module({ controllers: [AddOnsController] })
export class AddOnsModule {}

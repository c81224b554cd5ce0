import { Module } from '@nestjs/common';
import { TaxesController } from './taxes.controller.ts';

@Module({ controllers: [TaxesController] })
export class TaxesModule {}

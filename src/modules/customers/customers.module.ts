import { Module } from '@nestjs/common';
import { CustomersController } from './customers.controller.ts';
import { SaveCustomer } from './save-customer.ts';

@Module({ controllers: [CustomersController], providers: [SaveCustomer] })
export class CustomersModule {}

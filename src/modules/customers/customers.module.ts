import { Global, Module } from '@nestjs/common';
import { SESSION_LOOKUP } from '../../platform/auth/auth.guard.ts';
import { CustomersController } from './customers.controller.ts';
import { SaveCustomer } from './save-customer.ts';
import { SessionTokens } from './sessions/session-tokens.ts';
import { SessionsController } from './sessions/sessions.controller.ts';

/** Global, because the guard asks it whose token a caller holds. */
@Global()
@Module({
  controllers: [CustomersController, SessionsController],
  providers: [SaveCustomer, SessionTokens, { provide: SESSION_LOOKUP, useExisting: SessionTokens }],
  exports: [SESSION_LOOKUP, SaveCustomer],
})
export class CustomersModule {}

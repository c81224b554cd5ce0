import { Injectable } from '@nestjs/common';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import type { Session } from '../../../platform/auth/principal.ts';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { ProviderCustomers } from '../checkout/provider-customers.ts';
import { NotePaymentMethods } from '../note-payment-methods.ts';
import type { PaymentMethod, PaymentProvider } from '../provider/payment-provider.ts';
import { PaymentProviders } from '../provider/payment-providers.ts';

/** What a customer pays with: kept by the payment provider, read there each time, changed there first. */
@Injectable()
export class PaymentMethods {
  private readonly provider: PaymentProvider;

  constructor(
    providers: PaymentProviders,
    private readonly unitOfWork: UnitOfWork,
    private readonly providerCustomers: ProviderCustomers,
    private readonly notePaymentMethods: NotePaymentMethods,
  ) {
    this.provider = providers.get('STRIPE');
  }

  async list(session: Session): Promise<readonly PaymentMethod[]> {
    const customer = await this.customerOf(session);
    return customer === undefined ? [] : this.provider.listPaymentMethods(customer);
  }

  /** @throws BillingError payment_method_not_found */
  async setDefault(session: Session, id: string): Promise<readonly PaymentMethod[]> {
    const customer = await this.mustHave(session);
    await this.provider.setDefaultPaymentMethod(customer, id);
    return this.noted(customer);
  }

  /** @throws BillingError payment_method_not_found */
  async remove(session: Session, id: string): Promise<readonly PaymentMethod[]> {
    const customer = await this.mustHave(session);
    await this.provider.removePaymentMethod(customer, id);
    return this.noted(customer);
  }

  /** What the provider has now, kept at once; its events say the same later. */
  private async noted(customer: string): Promise<readonly PaymentMethod[]> {
    const methods = await this.provider.listPaymentMethods(customer);
    const news = {
      hasPaymentMethod: methods.length > 0,
      defaultPaymentMethodId: methods.find(({ isDefault }) => isDefault)?.id ?? null,
    };
    await this.unitOfWork.run((tx) => this.notePaymentMethods.execute(tx, customer, news));
    return methods;
  }

  private async customerOf({ organizationId, holderId: id }: Session): Promise<string | undefined> {
    return (await this.providerCustomers.find({ organizationId, id }))?.providerCustomerId;
  }

  private async mustHave(session: Session): Promise<string> {
    const customer = await this.customerOf(session);
    if (customer === undefined) throw new BillingError('payment_method_not_found');
    return customer;
  }
}

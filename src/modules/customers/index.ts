export { customerDisplayName } from './customer.presenter.ts';
export { CustomerRow } from './customer.entity.ts';
export { CustomersModule } from './customers.module.ts';
export { imagineCustomer, imagineNewCustomer } from './imagine-customer.ts';
export { SaveCustomer } from './save-customer.ts';
export { findCustomer, presentCustomers } from './customers.queries.ts';

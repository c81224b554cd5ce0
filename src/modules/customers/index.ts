export { CustomerRow } from './customer.entity.ts';
export { customerDisplayName, presentCustomer } from './customer.presenter.ts';
export { CustomersModule } from './customers.module.ts';
export { findCustomer, presentCustomers } from './customers.queries.ts';

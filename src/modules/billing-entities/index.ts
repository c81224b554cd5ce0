export { BillingEntitiesModule } from './billing-entities.module.ts';
export { defaultBillingEntity, findBillingEntity } from './billing-entities.queries.ts';
export { BillingEntityRow } from './billing-entity.entity.ts';
export { OpenOrganization } from './open-organization.ts';

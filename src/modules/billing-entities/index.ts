export { BillingEntitiesModule } from './billing-entities.module.ts';
export { billingEntityIds, defaultBillingEntity, findBillingEntity } from './billing-entities.queries.ts';
export { BillingEntityRow } from './billing-entity.entity.ts';
export { Bootstrap } from './bootstrap.ts';
export {
  billingEntityChoice,
  BillingEntityParameters,
  type BillingEntityChoice,
  chosenBillingEntity,
  SubscriptionEntityChoice,
} from './choose-billing-entity.ts';
export {
  effectiveProvider,
  IsProviderWord,
  type ProviderName,
  providerNameOf,
  type ProviderWord,
} from './choose-payment-provider.ts';
export { type DrawnNumber, drawNumbers } from './draw-numbers.ts';
export {
  type EffectiveEntity,
  effectiveEntity,
  type EffectiveEntityColumns,
  effectiveEntityColumns,
  effectiveEntityIdOf,
  effectiveEntityId,
  effectiveEntityOfDocument,
  entityForNewBusiness,
  joinEffectiveEntity,
} from './effective-entity.ts';
export { homeEntityId, type HomeEntityId, idOfHomeEntity } from './home-entity.ts';
export { registerKeysCommand } from './keys.command.ts';
export { LegalIdentityInput } from './legal-identity.dto.ts';
export { LegalIdentityColumns } from './legal-identity.entity.ts';
export { OpenOrganization } from './open-organization.ts';

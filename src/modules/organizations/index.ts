export { ApiKeyRow } from './api-key.entity.ts';
export { createOrganization } from './create-organization.ts';
export { issueApiKey } from './issue-api-key.ts';
export { CreateOrganizationInput } from './organization.dto.ts';
export { liveTime, OrganizationClock } from './organization-clock.ts';
export { OrganizationRow } from './organization.entity.ts';
export { presentApiKey, presentOrganization } from './organization.presenter.ts';
export { OrganizationsModule } from './organizations.module.ts';

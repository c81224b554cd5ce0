import type { EntityManager } from 'typeorm';
import { findByIdOrCode, type Lock } from '../../platform/database/find-row.ts';
import { AddOnRow } from './add-on.entity.ts';

/** By id or code. @throws BillingError add_on_not_found, for another tenant's too */
export const findAddOn = (manager: EntityManager, organizationId: string, idOrCode: string, lock: Lock = {}): Promise<AddOnRow> =>
  findByIdOrCode(manager, AddOnRow, { organizationId, idOrCode, lock, otherwise: 'add_on_not_found' });

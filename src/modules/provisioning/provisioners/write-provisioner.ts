import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BillingError, invalid } from '../../../domain/errors/billing-error.ts';
import { Clock, dateOf } from '../../../platform/clock/clock.ts';
import { isId, newId } from '../../../platform/database/ids.ts';
import { type Tx, UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { newWebhookSecret } from '../../../platform/outbound/standard-webhook.ts';
import { Outbound } from '../../../platform/outbound/outbound.ts';
import { tell } from '../../../platform/outbox/outbox.ts';
import type { CreateProvisionerInput, UpdateProvisionerInput } from './provisioner.dto.ts';
import { ProvisionerRow } from './provisioner.entity.ts';
import { presentProvisioner } from './provisioner.presenter.ts';

const defaultDeadlineSeconds = 900;

/** Keeps who makes which type of resource. Requests that are under way see a change with their next try. */
@Injectable()
export class WriteProvisioner {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly outbound: Outbound,
  ) {}

  /** @throws BillingError validation_errors (the type has one already, or the url does not fit) */
  async create(organizationId: string, input: CreateProvisionerInput): Promise<ProvisionerRow> {
    const at = dateOf(this.clock.now());
    const row: ProvisionerRow = {
      organizationId,
      id: newId(),
      resourceType: input.resource_type,
      kind: input.kind === 'http' ? 'HTTP' : 'NONE',
      url: input.url ?? null,
      deadlineSeconds: input.deadline_seconds ?? defaultDeadlineSeconds,
      refundOnFailure: input.refund_on_failure ?? false,
      secret: newWebhookSecret(),
      createdAt: at,
      updatedAt: at,
    };
    this.check(row);
    return this.unitOfWork.run(
      async (tx) => {
        await tx.insert(ProvisionerRow, row);
        return this.tell(tx, row, at, 'created');
      },
      { uq_provisioners_resource_type: () => invalid({ resource_type: ['value_already_exist'] }) },
    );
  }

  /** Absent stays. @throws BillingError provisioner_not_found, validation_errors */
  async update(organizationId: string, name: string, input: UpdateProvisionerInput): Promise<ProvisionerRow> {
    return this.change(organizationId, name, 'updated', (row) => {
      const kind = input.kind === undefined ? row.kind : input.kind === 'http' ? 'HTTP' : 'NONE';
      const url = input.url === undefined && kind === 'NONE' ? null : input.url === undefined ? row.url : input.url;
      return {
        kind,
        url,
        deadlineSeconds: input.deadline_seconds ?? row.deadlineSeconds,
        refundOnFailure: input.refund_on_failure ?? row.refundOnFailure,
      };
    });
  }

  /** A new secret, for every request from now on. @throws BillingError provisioner_not_found */
  async rotateSecret(organizationId: string, name: string): Promise<ProvisionerRow> {
    return this.change(organizationId, name, 'secret_rotated', () => ({ secret: newWebhookSecret() }));
  }

  /** What is under way for it fails at its next try. @throws BillingError provisioner_not_found */
  async remove(organizationId: string, name: string): Promise<ProvisionerRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findProvisioner(tx, organizationId, name);
      await tx.delete(ProvisionerRow, { organizationId, id: row.id });
      return this.tell(tx, row, dateOf(this.clock.now()), 'deleted');
    });
  }

  private async change(
    organizationId: string,
    name: string,
    what: string,
    decide: (row: ProvisionerRow) => Partial<ProvisionerRow>,
  ): Promise<ProvisionerRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findProvisioner(tx, organizationId, name);
      const at = dateOf(this.clock.now());
      const changes = { ...decide(row), updatedAt: at };
      const changed = { ...row, ...changes };
      this.check(changed);
      await tx.update(ProvisionerRow, { organizationId, id: row.id }, changes);
      return this.tell(tx, changed, at, what);
    });
  }

  private check({ kind, url }: ProvisionerRow): void {
    if (kind === 'NONE' && url !== null) throw invalid({ url: ['value_must_be_blank'] });
    if (kind === 'NONE') return;
    if (url === null) throw invalid({ url: ['value_is_mandatory'] });
    const refusal = this.outbound.refusal(url);
    if (refusal) throw invalid({ url: [refusal] });
  }

  private async tell(tx: Tx, row: ProvisionerRow, at: Date, what: string): Promise<ProvisionerRow> {
    const event = { objectType: 'provisioner', objectId: row.id, type: `provisioner.${what}`, payload: presentProvisioner(row) };
    await tell(tx, row.organizationId, at, [event]);
    return row;
  }
}

/** By id or resource type. @throws BillingError provisioner_not_found, for another tenant's too */
export async function findProvisioner(manager: EntityManager, organizationId: string, name: string): Promise<ProvisionerRow> {
  const where = isId(name) ? { organizationId, id: name } : { organizationId, resourceType: name };
  const row = await manager.findOneBy(ProvisionerRow, where);
  if (!row) throw new BillingError('provisioner_not_found');
  return row;
}

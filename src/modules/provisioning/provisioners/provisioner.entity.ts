import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who makes resources of one type for an organization. */
@Entity('provisioners')
export class ProvisionerRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('text')
  resourceType: string;
  /** NONE: nobody has to make anything. HTTP: the service at `url`. */
  @Column('text')
  kind: 'NONE' | 'HTTP';
  @Column('text', { nullable: true })
  url: string | null;
  /** So long it may take until the service says that the resource is made. */
  @Column('int4')
  deadlineSeconds: number;
  /** Whether what was paid is given back when the resource cannot be made. */
  @Column('boolean')
  refundOnFailure: boolean;
  /** Signs requests; shown when it is made and never again. */
  @Column('bytea')
  secret: Buffer;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A rate with a name. `rate` is a percentage as decimal text. */
@Entity('taxes')
export class TaxRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('text')
  code: string;
  @Column('text')
  name: string;
  @Column('text', { nullable: true })
  description: string | null;
  @Column('numeric', { precision: 30, scale: 15 })
  rate: string;
  /** Applies wherever nothing nearer names a tax. */
  @Column('bool')
  appliedToOrganization: boolean;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}

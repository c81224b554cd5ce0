import { Column } from 'typeorm';

/** Who a company or person is before the law and where: sellers and buyers have it alike, and documents print it. */
export abstract class LegalIdentityColumns {
  @Column('text', { nullable: true })
  legalName: string | null;
  @Column('text', { nullable: true })
  legalNumber: string | null;
  @Column('text', { nullable: true })
  taxIdentificationNumber: string | null;
  @Column('text', { nullable: true })
  email: string | null;
  @Column('text', { nullable: true })
  phone: string | null;
  @Column('text', { nullable: true, name: 'address_line1' })
  addressLine1: string | null;
  @Column('text', { nullable: true, name: 'address_line2' })
  addressLine2: string | null;
  @Column('text', { nullable: true })
  city: string | null;
  @Column('text', { nullable: true })
  state: string | null;
  @Column('text', { nullable: true })
  zipcode: string | null;
  @Column('text', { nullable: true })
  country: string | null;
}

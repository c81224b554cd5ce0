import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from '../../platform/auth/principal.ts';

/** A key of one organization; only its SHA-256 is stored. */
@Entity('api_keys')
export class ApiKeyRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('text')
  name: string;
  @Column('text')
  role: Role;
  @Column('bytea')
  keyHash: Buffer;
  /** The last four characters, so that people can tell keys apart. */
  @Column('text')
  keyHint: string;
  @Column('timestamptz', { nullable: true })
  expiresAt: Date | null;
  @Column('timestamptz', { nullable: true })
  lastUsedAt: Date | null;
  @Column('timestamptz', { nullable: true })
  revokedAt: Date | null;
  @Column('timestamptz')
  createdAt: Date;
}

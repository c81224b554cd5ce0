import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Invariant } from './invariant.ts';
import { invariants } from './invariants.ts';

export interface Violation {
  readonly invariant: Invariant;
  /** The first of them. */
  readonly offenders: readonly string[];
}

const shownOffenders = 10;

/** Asks every invariant, all in one snapshot; empty is healthy. */
@Injectable()
export class CheckInvariants {
  constructor(private readonly dataSource: DataSource) {}

  /** What is asked. */
  rules(): readonly Invariant[] {
    return invariants;
  }

  async execute(): Promise<Violation[]> {
    return this.dataSource.transaction('REPEATABLE READ', async (manager) => {
      const violations: Violation[] = [];
      for (const invariant of invariants) {
        const rows = (await manager.query(
          `select o.offender from (${invariant.offenders}) as o(offender) limit ${shownOffenders}`,
        )) as {
          offender: string;
        }[];
        if (rows.length > 0) violations.push({ invariant, offenders: rows.map((row) => row.offender) });
      }
      return violations;
    });
  }
}

import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock, dateOf } from '../clock/clock.ts';
import { readStatement } from '../database/sql.ts';

const findOrMake = {
  name: 'signing_secrets.find_or_make',
  text: `with made as (insert into signing_secrets (purpose, secret, created_at) values ($1, $2, $3) on conflict do nothing returning secret)
    select secret from made union all select secret from signing_secrets where purpose = $1 limit 1`,
};

/** Secrets for signing that nobody had to configure: made once for a purpose, the same in every process. */
@Injectable()
export class SigningSecret {
  private readonly known = new Map<string, Buffer>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  async of(purpose: string): Promise<Buffer> {
    const known = this.known.get(purpose);
    if (known) return known;
    for (;;) {
      const values = [purpose, randomBytes(32), dateOf(this.clock.now())];
      const [row] = await readStatement<{ secret: Buffer }>(this.dataSource, findOrMake, values);
      // Nothing comes back when another process made it between our insert and our snapshot; now it is there.
      if (!row) continue;
      this.known.set(purpose, row.secret);
      return row.secret;
    }
  }
}

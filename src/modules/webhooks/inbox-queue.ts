import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { WriteTogether } from '../../platform/database/write-together.ts';
import { countDuplicate, type Delivery, insertDeliveries, type Kept } from './inbox.store.ts';

/** Of Stripe's usual size they make one message of a few hundred kilobytes. */
const maxTogetherBytes = 512 * 1024;
/** What arrives while one INSERT is committed shares the next: two at a time would only wait for the same disk, with half as many each. */
const maxWriting = 1;

/** Deliveries that arrive at the same time share one INSERT and one commit; each is answered after it. */
@Injectable()
export class InboxQueue {
  private readonly deliveries: WriteTogether<Delivery, boolean>;

  constructor(private readonly dataSource: DataSource) {
    this.deliveries = new WriteTogether({
      write: async (deliveries) => {
        const isNew = await insertDeliveries(dataSource, deliveries);
        return deliveries.map(({ id }) => isNew.has(id));
      },
      weightOf: ({ body }) => body.length,
      maxTogether: maxTogetherBytes,
      maxWriting,
    });
  }

  /** A repeated one is counted apart: its row may be locked by whoever works on it, and nobody else's delivery waits for that. */
  async keep(delivery: Delivery): Promise<Kept> {
    return (await this.deliveries.keep(delivery)) ? 'new' : countDuplicate(this.dataSource, delivery);
  }
}

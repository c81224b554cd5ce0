import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { WriteTogether } from '../../platform/database/write-together.ts';
import { type Delivery, keepDeliveries, type Kept } from './inbox.store.ts';

/** Of Stripe's usual size they make one message of a few hundred kilobytes. */
const maxTogetherBytes = 512 * 1024;
/** While these are written the next one fills. */
const maxWriting = 4;

/** Deliveries that arrive at the same time share one INSERT and one commit; each is answered after it. */
@Injectable()
export class InboxQueue {
  private readonly deliveries: WriteTogether<Delivery, Kept>;

  constructor(dataSource: DataSource) {
    this.deliveries = new WriteTogether({
      write: (deliveries) => keepDeliveries(dataSource, deliveries),
      weightOf: ({ body }) => body.length,
      maxTogether: maxTogetherBytes,
      maxWriting,
    });
  }

  keep(delivery: Delivery): Promise<Kept> {
    return this.deliveries.keep(delivery);
  }
}

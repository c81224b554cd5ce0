import { emptyDatabase, type Ground, withClient } from './ground.ts';
import { openProduct, openShop, type Shop } from './product.ts';
import { progress } from './report.ts';
import { fillShop } from './seed.ts';

/** A filled shop in a database that nobody uses: measurements work on copies of it. */
export interface Template {
  readonly database: string;
  readonly shop: Shop;
  readonly subscriptions: number;
}

export interface TemplateSize {
  readonly subscriptions: number;
  readonly eventsPerCharge: number;
  readonly sellers: number;
}

export async function makeTemplate(ground: Ground, database: string, size: TemplateSize): Promise<Template> {
  progress(
    `filling ${database}: ${size.subscriptions} subscriptions, ${size.subscriptions * size.eventsPerCharge * 2} events, ${size.sellers} seller(s)`,
  );
  const url = await ground.copy(emptyDatabase, database);
  const product = await openProduct(url, ground.directory);
  const shop = await openShop(product, size.sellers);
  await product.close();
  await withClient(url, (client) => fillShop(client, shop.organizationId, size));
  return { database, shop, subscriptions: size.subscriptions };
}

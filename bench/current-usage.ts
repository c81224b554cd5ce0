import type { Ground } from './ground.ts';
import { type Call, openClients } from './http-clients.ts';
import { openProduct } from './product.ts';
import { progress, ratiosOf, type Row, short, versus } from './report.ts';
import type { Sizes } from './sizes.ts';
import { openLoop, type Turn } from './statement-loop.ts';
import { statementsOf } from './tap.ts';
import type { Template } from './template.ts';

const connections = 8;
const distinct = 200;

/** Goal 15: reading what a subscription has used so far, against the statements that the answer is made of. */
export async function currentUsageRows(ground: Ground, sizes: Sizes, template: Template): Promise<Row[]> {
  const { shop, subscriptions } = template;
  const url = await ground.copy(template.database, 'usage');
  const product = await openProduct(url, ground.directory);
  const clients = openClients();
  const loop = await openLoop(url, connections);
  try {
    const calls = Array.from({ length: distinct }, (_, position): Call => {
      const n = 1 + Math.floor((position * subscriptions) / distinct);
      return { method: 'GET', path: `/api/v1/customers/customer-${n}/current_usage?external_subscription_id=sub-${n}` };
    });
    const byHttp = (repeated: readonly Call[]) => clients.run({ urls: [product.url], key: shop.key, calls: repeated });
    await byHttp(repeat(calls, sizes.readings / 4));
    const turns: Turn[] = [];
    for (const call of calls) {
      const seen = await statementsOf(() => byHttp([call]));
      // The key is looked up once in two seconds, whoever asks for what.
      turns.push(seen.filter(({ name }) => name !== 'api_keys.find'));
    }
    await loop.run(repeat(turns, sizes.readings / 4));

    const rates = { http: [] as number[], loop: [] as number[] };
    for (let repetition = 0; repetition < sizes.repetitions; repetition++) {
      const measure = {
        http: () => byHttp(repeat(calls, sizes.readings)),
        loop: () => loop.run(repeat(turns, sizes.readings)),
      };
      for (const name of repetition % 2 === 0 ? (['http', 'loop'] as const) : (['loop', 'http'] as const)) {
        const rate = sizes.readings / (await measure[name]());
        progress(`current usage by ${name}: ${short(rate)}/s`);
        rates[name].push(rate);
      }
    }
    return [
      {
        goal: '15',
        what: `GET current_usage, ${connections} clients : its ${turns[0]?.length ?? 0} statements`,
        ratios: ratiosOf(rates.http, rates.loop),
        floor: 0.25,
        target: 0.45,
        rates: versus('answers/s', rates.http, rates.loop),
      },
    ];
  } finally {
    await Promise.all([clients.close(), loop.close()]);
    await product.close();
    await ground.drop('usage');
  }
}

const repeat = <T>(items: readonly T[], count: number): T[] =>
  Array.from({ length: count }, (_, position) => items[position % items.length] as T);

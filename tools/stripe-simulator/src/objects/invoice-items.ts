import { recompose, lineOfItem } from '../billing/compose.ts';
import { newInvoiceItem } from '../billing/invoice-item.ts';
import type { Resource } from '../http/api.ts';
import { wrongState } from '../http/errors.ts';
import { inRange, listOf, matches } from '../http/list.ts';
import { copyFields, idOf, mergeMetadata } from '../world/fields.ts';
import type { World } from '../world/world.ts';

/** A draft that an item belongs to shows it. */
function refresh(world: World, invoiceId: string | null): void {
  const invoice = world.store.invoices.find(invoiceId);
  if (!invoice) return;
  if (invoice.status !== 'draft') throw wrongState('invoice_not_editable', 'The invoice of this item is finalized.');
  const others = (world.store.lines.get(invoice.id) ?? []).filter(
    ({ row }) => !row.parent?.invoice_item_details && !row.parent?.subscription_item_details?.invoice_item,
  );
  const items = world.store.invoiceItems.oldest((item) => item.invoice === invoice.id).map(lineOfItem);
  world.change('invoice.updated', invoice, () => {
    world.store.lines.set(invoice.id, [...items, ...others]);
    recompose(world, invoice);
  });
}

export const invoiceItems: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.post('/v1/invoiceitems', 'InvoiceItemCreateParams', ({ params }) => {
    const item = newInvoiceItem(world, params);
    refresh(world, idOf(item.invoice));
    return item;
  });
  api.get('/v1/invoiceitems', 'InvoiceItemListParams', ({ params }) =>
    listOf(
      store.invoiceItems.newest(
        (item) =>
          matches(item.customer, params.customer) &&
          matches(item.invoice, params.invoice) &&
          inRange(item.date, params.created) &&
          (params.pending === undefined || (item.invoice === null) === params.pending),
      ),
      params,
      '/v1/invoiceitems',
    ),
  );
  api.get('/v1/invoiceitems/:id', 'RetrieveParams', ({ id }) => store.invoiceItems.get(id));
  api.post('/v1/invoiceitems/:id', 'InvoiceItemUpdateParams', ({ id, params }) => {
    const item = store.invoiceItems.get(id);
    copyFields(item, params, ['amount', 'description', 'discountable']);
    item.metadata = mergeMetadata(item.metadata, params.metadata);
    refresh(world, idOf(item.invoice));
    return item;
  });
  api.delete('/v1/invoiceitems/:id', 'RetrieveParams', ({ id }) => {
    const item = store.invoiceItems.get(id);
    store.invoiceItems.remove(id);
    refresh(world, idOf(item.invoice));
    world.emit('invoiceitem.deleted', item);
    return { id, object: 'invoiceitem', deleted: true };
  });
};

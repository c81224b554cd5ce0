import { composeCreditNote, createCreditNote, voidCreditNote } from '../billing/credit-note.ts';
import type { Resource } from '../http/api.ts';
import { inRange, listOf, matches } from '../http/list.ts';
import { copyFields, mergeMetadata } from '../world/fields.ts';

export const creditNotes: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.post('/v1/credit_notes', 'CreditNoteCreateParams', ({ params }) => createCreditNote(world, params));
  api.get('/v1/credit_notes', 'CreditNoteListParams', ({ params }) =>
    listOf(
      store.creditNotes.newest(
        ({ customer, invoice, created }) =>
          matches(customer, params.customer) && matches(invoice, params.invoice) && inRange(created, params.created),
      ),
      params,
      '/v1/credit_notes',
    ),
  );
  api.get('/v1/credit_notes/preview', 'CreditNotePreviewParams', ({ params }) => composeCreditNote(world, params));
  api.get('/v1/credit_notes/:id', 'RetrieveParams', ({ id }) => store.creditNotes.get(id));
  api.get('/v1/credit_notes/:id/lines', 'CreditNoteListLineItemsParams', ({ id, params }) =>
    listOf(store.creditNotes.get(id).lines.data, params, `/v1/credit_notes/${id}/lines`),
  );
  api.post('/v1/credit_notes/:id', 'CreditNoteUpdateParams', ({ id, params }) => {
    const note = store.creditNotes.get(id);
    world.change('credit_note.updated', note, () => {
      copyFields(note, params, ['memo']);
      note.metadata = mergeMetadata(note.metadata, params.metadata);
    });
    return note;
  });
  api.post('/v1/credit_notes/:id/void', 'CreditNoteVoidCreditNoteParams', ({ id }) => {
    voidCreditNote(world, store.creditNotes.get(id));
    return store.creditNotes.get(id);
  });
};

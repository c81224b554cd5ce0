import type { Resource } from '../http/api.ts';
import { wrongState } from '../http/errors.ts';
import { inRange, listOf, matches } from '../http/list.ts';
import type { ParameterTypes } from '../http/parameter-types.ts';
import { closeDispute } from '../payments/dispute.ts';
import { mergeMetadata } from '../world/fields.ts';
import type { World } from '../world/world.ts';

/** Evidence in the words of Stripe's tests decides: `winning_evidence`, `losing_evidence`. */
function update(world: World, id: string, params: ParameterTypes['DisputeUpdateParams']): object {
  const dispute = world.store.disputes.get(id);
  if (!dispute.status.endsWith('needs_response'))
    throw wrongState('dispute_unexpected_state', `This dispute has a status of ${dispute.status} and takes no evidence.`);
  world.change('charge.dispute.updated', dispute, () => {
    Object.assign(dispute.evidence, params.evidence);
    dispute.metadata = mergeMetadata(dispute.metadata, params.metadata);
    if (!params.evidence) return;
    dispute.evidence_details.has_evidence = true;
    if (params.submit === false) return;
    dispute.evidence_details.submission_count += 1;
    dispute.evidence_details.submission_method = 'manual';
    dispute.status = dispute.status === 'warning_needs_response' ? 'warning_under_review' : 'under_review';
  });
  const text = params.evidence?.uncategorized_text;
  if (dispute.status.endsWith('under_review') && (text === 'winning_evidence' || text === 'losing_evidence'))
    closeDispute(world, dispute, text === 'winning_evidence' ? 'won' : 'lost');
  return dispute;
}

export const disputes: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.get('/v1/disputes', 'DisputeListParams', ({ params }) =>
    listOf(
      store.disputes.newest(
        ({ charge, payment_intent, created }) =>
          matches(charge, params.charge) && matches(payment_intent, params.payment_intent) && inRange(created, params.created),
      ),
      params,
      '/v1/disputes',
    ),
  );
  api.get('/v1/disputes/:id', 'RetrieveParams', ({ id }) => store.disputes.get(id));
  api.post('/v1/disputes/:id', 'DisputeUpdateParams', ({ id, params }) => update(world, id, params));
  api.post('/v1/disputes/:id/close', 'DisputeCloseParams', ({ id }) => {
    const dispute = store.disputes.get(id);
    if (!dispute.status.endsWith('needs_response'))
      throw wrongState('dispute_unexpected_state', `This dispute has a status of ${dispute.status} and cannot be closed.`);
    closeDispute(world, dispute, 'lost');
    return dispute;
  });
};

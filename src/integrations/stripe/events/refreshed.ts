import { type Applied, NeedsFact } from '../../../modules/webhooks/index.ts';
import { answerTo, type EventContext, type Handler, unchanged } from '../event-context.ts';
import { textOf } from '../payload.ts';
import { captureSeen } from '../see-invoice.ts';
import type { Question } from '../stripe-questions.ts';
import { bookSeen } from './charge-refunded.ts';
import { subscriptionChanged } from './subscription.ts';

const applyByType: Readonly<Record<string, (context: EventContext) => Promise<Applied>>> = {
  invoice: (context) => captureSeen(context, { create: true }),
  subscription: (context) => subscriptionChanged.apply(context),
  charge: bookSeen,
};

/** Our own event: this object is not what we hold to be true of it, so ask for it and bring our side to the answer. */
export const refreshed: Handler = {
  types: ['florin.refresh'],
  async apply(context) {
    const { object } = context;
    const type = textOf(object['object']) ?? '';
    const apply = applyByType[type];
    if (!apply) return unchanged('nothing to refresh');
    const question = `${type}:${textOf(object['id']) ?? ''}` as Question;
    const answer = answerTo(context, question);
    if (answer === undefined) throw new NeedsFact(question);
    return answer === null ? unchanged('gone') : apply({ ...context, object: answer, previous: undefined });
  },
};

import type { Stripe } from 'stripe';
import type { Resource } from '../http/api.ts';
import { parameterMissing } from '../http/errors.ts';
import { listOf, matches } from '../http/list.ts';
import { mergeMetadata } from '../world/fields.ts';
import { letters, newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';

/** Everything is allowed unless a configuration says otherwise. */
function newConfiguration(world: World, params: Partial<Stripe.BillingPortal.ConfigurationCreateParams>, isDefault: boolean) {
  const now = world.now();
  const features = {
    customer_update: { allowed_updates: ['email'], enabled: true },
    invoice_history: { enabled: true },
    payment_method_update: { enabled: true, payment_method_configuration: null },
    subscription_cancel: {
      cancellation_reason: { enabled: false, feedback_options: [], options: [] },
      enabled: true,
      mode: 'at_period_end',
      proration_behavior: 'none',
    },
    subscription_pause: { duration: { interval_options: [], type: 'indefinite' }, enabled: false },
    subscription_update: {
      billing_cycle_anchor: null,
      default_allowed_updates: [],
      enabled: false,
      proration_behavior: 'none',
      schedule_at_period_end: { conditions: [] },
      trial_update_behavior: 'end_trial',
    },
  };
  for (const [name, given] of Object.entries(params.features ?? {}))
    Object.assign(features[name as keyof typeof features], given);
  const configuration: Stripe.BillingPortal.Configuration = {
    id: newId('bpc'),
    object: 'billing_portal.configuration',
    active: true,
    application: null,
    business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null },
    created: now,
    default_return_url: params.default_return_url || null,
    features: features as unknown as Stripe.BillingPortal.Configuration.Features,
    is_default: isDefault,
    livemode: false,
    login_page: { enabled: false, url: null },
    metadata: mergeMetadata(null, params.metadata),
    name: null,
    updated: now,
  };
  world.store.portalConfigurations.add(configuration);
  world.emit('billing_portal.configuration.created', configuration);
  return configuration;
}

export const portal: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  const configurations = '/v1/billing_portal/configurations';
  api.post('/v1/billing_portal/sessions', 'PortalSessionCreateParams', ({ params }) => {
    if (!params.customer) throw parameterMissing('customer');
    const customer = store.customers.get(params.customer, 'customer');
    const configuration = params.configuration
      ? store.portalConfigurations.get(params.configuration, 'configuration')
      : (store.portalConfigurations.first(({ is_default }) => is_default) ?? newConfiguration(world, {}, true));
    const id = newId('bps');
    const session: Stripe.BillingPortal.Session = {
      id,
      object: 'billing_portal.session',
      configuration: configuration.id,
      created: world.now(customer.id),
      customer: customer.id,
      customer_account: null,
      flow: null,
      livemode: false,
      locale: params.locale ?? null,
      on_behalf_of: null,
      return_url: params.return_url ?? configuration.default_return_url,
      url: `${world.url}/p/session/${id}?secret=${letters(12)}`,
    };
    store.portalSessions.add(session);
    world.emit('billing_portal.session.created', session);
    return session;
  });
  api.post(configurations, 'PortalConfigurationCreateParams', ({ params }) => newConfiguration(world, params, false));
  api.get(configurations, 'PortalConfigurationListParams', ({ params }) =>
    listOf(
      store.portalConfigurations.newest(
        ({ active, is_default }) => matches(active, params.active) && matches(is_default, params.is_default),
      ),
      params,
      configurations,
    ),
  );
  api.get(`${configurations}/:id`, 'RetrieveParams', ({ id }) => store.portalConfigurations.get(id));
  api.post(`${configurations}/:id`, 'PortalConfigurationUpdateParams', ({ id, params }) => {
    const configuration = store.portalConfigurations.get(id);
    world.change('billing_portal.configuration.updated', configuration, () => {
      if (params.active !== undefined) configuration.active = params.active;
      for (const [name, given] of Object.entries(params.features ?? {}))
        Object.assign(configuration.features[name as keyof typeof configuration.features], given);
      configuration.metadata = mergeMetadata(configuration.metadata, params.metadata);
    });
    return configuration;
  });
};

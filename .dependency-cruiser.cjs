// Who may import whom (CONTRIBUTING.md). test/architecture/floors.spec.ts runs it and plants a violation of every rule.
const rooms = [
  'organizations',
  'taxes',
  'billing-entities',
  'customers',
  'add-ons',
  'billable-metrics',
  'plans',
  'usage',
  'subscriptions',
  'provisioning',
  'credit-notes',
  'invoices',
  'billing',
  'payments',
];
const readers = ['audit', 'webhooks'];

/** Rooms read the outbox of others from `audit` and `webhooks`; a room imports only rooms to its left. */
const onlyLeftwards = rooms.map((room, position) => ({
  name: `${room}-imports-only-leftwards`,
  severity: 'error',
  from: { path: `^src/modules/${room}/` },
  to: { path: `^src/modules/(${[...rooms.slice(position + 1), ...readers].join('|')})/` },
}));

module.exports = {
  forbidden: [
    {
      name: 'domain-imports-only-itself',
      comment: 'Not even node: modules; temporal-polyfill is the one library.',
      severity: 'error',
      from: { path: '^src/domain/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['^src/domain/', '(^|/)node_modules/(temporal-polyfill|temporal-spec)/', '^temporal-polyfill$'] },
    },
    {
      name: 'platform-knows-no-billing',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: '^src/(modules|integrations|app\\.module|main|worker|cli)' },
    },
    {
      name: 'rooms-enter-by-the-front-door',
      comment: 'Another room is its index.ts.',
      severity: 'error',
      from: { path: '^src/modules/([^/]+)/' },
      to: { path: '^src/modules/[^/]+/.+', pathNot: ['^src/modules/$1/', '^src/modules/[^/]+/index\\.ts$'] },
    },
    ...onlyLeftwards,
    {
      name: 'rooms-import-no-integration',
      severity: 'error',
      from: { path: '^src/modules/' },
      to: { path: '^src/integrations/' },
    },
    {
      name: 'integrations-enter-by-the-front-door',
      severity: 'error',
      from: { path: '^src/integrations/' },
      to: { path: '^src/modules/[^/]+/.+', pathNot: '^src/modules/[^/]+/index\\.ts$' },
    },
    {
      name: 'integrations-stay-apart',
      severity: 'error',
      from: { path: '^src/integrations/([^/]+)/' },
      to: { path: '^src/integrations/', pathNot: '^src/integrations/$1/' },
    },
    {
      name: 'only-app-module-imports-the-readers',
      comment: 'audit and webhooks read the outbox; nobody calls them.',
      severity: 'error',
      from: { pathNot: ['^src/modules/(audit|webhooks)/', '^src/[^/]+\\.ts$', '^test/', '^src/integrations/'] },
      to: { path: '^src/modules/(audit|webhooks)/' },
    },
    {
      name: 'only-the-stripe-integration-imports-stripe',
      severity: 'error',
      from: { path: '^(src|bench|migrations)/', pathNot: '^src/integrations/stripe/' },
      to: { path: ['(^|/)node_modules/stripe(/|$)', '^stripe$'] },
    },
    {
      name: 'the-simulator-is-loaded-lazily',
      comment: 'With a key of the real Stripe it is not even loaded, and the production image does not hold it.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: ['^tools/', '(^|/)florin-stripe-simulator(/|$)'], dynamic: false },
    },
    {
      name: 'the-simulator-knows-no-florin',
      severity: 'error',
      from: { path: '^tools/' },
      to: { path: '^(src|test|bench|migrations)/' },
    },
    { name: 'no-cycles', severity: 'error', from: { path: '^(src|tools)/' }, to: { circular: true } },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true, pathNot: '^stripe$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Sees `import type` too.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};

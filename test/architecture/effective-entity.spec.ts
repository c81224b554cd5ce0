import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../src');

/** Where the choice between a subscription's own entity and its customer's is made, and where the customer's own is kept and shown. */
const deciders = new Set([
  'modules/billing-entities/effective-entity.ts',
  'modules/billing-entities/home-entity.ts',
  'modules/billing-entities/index.ts',
  'modules/customers/save-customer.ts',
  'modules/customers/customers.queries.ts',
  'modules/customers/customer.entity.ts',
]);

/** The compiler keeps a `HomeEntityId` from being used as an entity's id; SQL and casts are looked for here. */
const reachesForTheHome = [
  /\bidOfHomeEntity\b/,
  /\bHomeEntityId\b/,
  /\bc(ustomers?)?\.billing_entity_id\b/,
  /coalesce\([^)]*billing_entity_id/i,
  /billingEntityId\s*\?\?/,
];

describe("an entity's settings", () => {
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: path.slice(root.length + 1), text: readFileSync(path, 'utf8') }));

  it("are taken from the effective entity: nobody else reads a customer's entity (lago.md 3.6)", () => {
    const found = files
      .filter(({ path }) => !deciders.has(path))
      .flatMap(({ path, text }) =>
        text
          .split('\n')
          .flatMap((line, i) =>
            reachesForTheHome.some((pattern) => pattern.test(line)) ? [`${path}:${i + 1}: ${line.trim()}`] : [],
          ),
      );
    expect(found).toEqual([]);
  });

  it('are looked for where they would be', () => {
    const decided = files.filter(({ path }) => deciders.has(path));
    expect(decided).toHaveLength(deciders.size);
    expect(decided.filter(({ text }) => reachesForTheHome.some((pattern) => pattern.test(text))).length).toBeGreaterThan(3);
  });
});

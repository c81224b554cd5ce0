import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { objectTypes } from '../../src/modules/audit/object-types.ts';

describe('what the outbox tells of', () => {
  const root = join(__dirname, '../../src/modules');
  const tellers = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .filter((text) => text.includes('platform/outbox/outbox.ts'));

  it('can be asked for by its type in the activity log', () => {
    const named = /objectType: (?:\w+ \? )?'(\w+)'(?: : '(\w+)')?/g;
    const told = tellers.flatMap((text) => [...text.matchAll(named)].flatMap(([, ...types]) => types));
    expect([...new Set(told.filter(Boolean))].toSorted()).toEqual([...objectTypes]);
  });
});

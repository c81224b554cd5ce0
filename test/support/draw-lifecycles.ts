import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const folder = join(root, 'src/domain/lifecycles');

type Transitions = Readonly<Record<string, readonly string[]>>;

interface Lifecycle {
  readonly name: string;
  readonly says: string;
  readonly transitions: Transitions;
}

/** Every `export const <name>Transitions` of domain/lifecycles, with the words written above it. */
function lifecycles(): Lifecycle[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .toSorted()
    .flatMap((file) => {
      const path = join(folder, file);
      const text = readFileSync(path, 'utf8');
      const module = require(path) as Record<string, Transitions>;
      return [...text.matchAll(/(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?export const (\w+)Transitions\b/g)].map(
        ([, comment = '', name = '']) => ({
          name,
          says: comment.replaceAll(/^\s*\* ?/gm, '').trim(),
          transitions: module[`${name}Transitions`] ?? {},
        }),
      );
    });
}

const titleOf = (name: string): string => {
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
};

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

function draw({ name, says, transitions }: Lifecycle): string {
  const states = Object.keys(transitions);
  const isReached = (state: string): boolean => Object.values(transitions).some((next) => next.includes(state));
  const arrows = [
    ...states.filter((state) => !isReached(state)).map((state) => `  [*] --> ${state}`),
    ...states.flatMap((state) => (transitions[state] ?? []).map((next) => `  ${state} --> ${next}`)),
    ...states.filter((state) => transitions[state]?.length === 0).map((state) => `  ${state} --> [*]`),
  ];
  const rows = states.map((state) => [`\`${state}\``, transitions[state]?.map((next) => `\`${next}\``).join(', ') || 'final']);
  return [
    `## ${titleOf(name)}`,
    says,
    ['```mermaid', 'stateDiagram-v2', ...arrows, '```'].join('\n'),
    table([['from', 'to'], ...rows]),
  ].join('\n\n');
}

/** docs/lifecycles.md as the code has it. */
export const drawLifecycles = (): string =>
  [
    '# Lifecycles',
    `Drawn from the transition tables of \`src/domain/lifecycles\`; \`DRAW=1 npx jest test/architecture/lifecycles.spec.ts\` draws it
again. Tables hold these words; the API says them in lower case, and for invoices also in Lago's words (\`draft\`, \`finalized\`, \`voided\`).`,
    ...lifecycles().map(draw),
  ].join('\n\n') + '\n';

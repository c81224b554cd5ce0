/** What a template may hold: `{prefix}`, `{year}`, `{seq:N}` with N digits at least. Literal text may stand between them. */
export const defaultNumberTemplate = '{prefix}-{year}-{seq:4}';

const token = /\{(prefix|year|seq:([1-9]))\}/g;

/** A template counts once, per year if it shows the year, and holds nothing that is no token. */
export function isNumberTemplate(template: string): boolean {
  const tokens = [...template.matchAll(token)].map((match) => match[0]);
  const literals = template.replace(token, '');
  return (
    tokens.filter((name) => name.startsWith('{seq')).length === 1 &&
    /^[A-Za-z0-9 ._/-]{0,40}$/.test(literals) &&
    template.length <= 80
  );
}

/** The counter a number is drawn from: the year where the template shows it (it restarts then), else one for all time. */
export const numberSeriesOf = (template: string, year: number): string => (template.includes('{year}') ? String(year) : 'all');

export interface DocumentNumberParts {
  readonly prefix: string;
  readonly year: number;
  readonly sequence: bigint;
}

/** `{prefix}-{year}-{seq:4}` → `INV-2025-0055`; the sequence grows beyond its width. */
export const documentNumber = (template: string, { prefix, year, sequence }: DocumentNumberParts): string =>
  template.replace(token, (_, name: string, width?: string) => {
    if (name === 'prefix') return prefix;
    return name === 'year' ? String(year) : sequence.toString().padStart(Number(width), '0');
  });

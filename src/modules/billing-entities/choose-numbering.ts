import {
  defaultNumberTemplate,
  type DocumentNumbering,
  documentNumberingOf,
  fitsRestart,
  lagoTemplates,
  type Numbering,
  type NumberRestart,
  usualRestart,
} from '../../domain/invoicing/document-number.ts';
import { invalid } from '../../domain/errors/billing-error.ts';

export interface NumberingParameters {
  readonly document_numbering?: DocumentNumbering;
  readonly document_number_prefix?: string | null;
  readonly document_number_template?: string;
  readonly document_number_restart?: NumberRestart;
}

/**
 * How an entity numbers from now on. `document_numbering` is Lago's word for two of the templates: it changes the template only
 * where that counts otherwise. A new template brings its usual restart unless one is given.
 * @throws BillingError validation_errors
 */
export function chooseNumbering(input: NumberingParameters, current: Numbering): Numbering {
  const template = templateOf(input, current);
  if (input.document_numbering !== undefined && documentNumberingOf(template) !== input.document_numbering)
    throw invalid({ document_numbering: ['value_is_invalid'] });
  const usual = template === input.document_number_template ? usualRestart(template) : 'never';
  const restart = input.document_number_restart ?? (template === current.template ? current.restart : usual);
  if (!fitsRestart(template, restart)) throw invalid({ document_number_restart: ['value_is_invalid'] });
  return { prefix: input.document_number_prefix ?? current.prefix, template, restart };
}

function templateOf({ document_number_template, document_numbering }: NumberingParameters, { template }: Numbering): string {
  if (document_number_template !== undefined) return document_number_template;
  const stays = document_numbering === undefined || document_numbering === documentNumberingOf(template);
  return stays ? template : lagoTemplates[document_numbering];
}

/** The default entity of an organization numbers `INV-2026-0001`. */
export const firstNumbering: Numbering = { prefix: 'INV', template: defaultNumberTemplate, restart: 'yearly' };

/** Others begin with three letters of their name and four of their id, as Lago's do: `ACM-1F4E`. */
export function usualNumbering(name: string, id: string): Numbering {
  const letters = name
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .slice(0, 3);
  return { ...firstNumbering, prefix: `${letters || 'INV'}-${id.slice(-4).toUpperCase()}` };
}

import { v5, v7, validate } from 'uuid';

/** A new UUIDv7: unique everywhere, and rows made later sort later. */
export const newId = (): string => v7();

/** When it was made, by the wall clock. */
export const madeAt = (id: string): Date => new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16));

/** The id of what has no row of its own but belongs to one that has, such as a tax on a fee: the same each time it is shown. */
export const partId = (ownerId: string, part: string): string => v5(part, ownerId);

export const isId = (text: string): boolean => validate(text);

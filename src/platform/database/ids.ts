import { v7, validate } from 'uuid';

/** A new UUIDv7: unique everywhere, and rows made later sort later. */
export const newId = (): string => v7();

/** When it was made, by the wall clock. */
export const madeAt = (id: string): Date => new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16));

export const isId = (text: string): boolean => validate(text);

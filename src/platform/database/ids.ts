import { v7, validate } from 'uuid';

/** A new UUIDv7: unique everywhere, and rows made later sort later. */
export const newId = (): string => v7();

export const isId = (text: string): boolean => validate(text);

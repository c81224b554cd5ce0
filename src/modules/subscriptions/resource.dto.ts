import { IsObject, Matches } from 'class-validator';

/** What a subscription sells besides billing: a graph, a workspace, anything that the vendor's own service makes. */
export interface Resource {
  readonly type: string;
  /** What whoever makes it is told. */
  readonly config: object;
  /** Null until it is made. */
  readonly id: string | null;
}

const resourceType = /^[a-z][a-z0-9_-]{0,63}$/;

/** A word for a kind of resource, such as `graph`. */
export const isResourceType = (text: string): boolean => resourceType.test(text);

export const IsResourceType = (): PropertyDecorator => Matches(resourceType, { message: 'value_is_invalid' });

export const IsResourceConfig = (): PropertyDecorator => IsObject({ message: 'value_is_invalid' });

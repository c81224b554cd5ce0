/** What one parameter may be; a union may allow several at once. */
export interface Schema {
  string?: true;
  number?: true;
  boolean?: true;
  /** The names Stripe documents. */
  oneOf?: string[];
  /** An empty string clears the field. */
  clearable?: true;
  array?: Schema;
  /** Any key, values like this. */
  map?: Schema;
  /** Name of an object type in `types`. */
  object?: string;
  /** Of an object type. */
  fields?: Record<string, Schema>;
  required?: string[];
}

import type { World } from '../world/world.ts';
import type { ParameterTypes } from './parameter-types.ts';

/** One request, read. */
export interface Call<P> {
  readonly params: P;
  /** The path's `:id`. */
  readonly id: string;
  /** The path's `:part`, where there is a second one. */
  readonly part: string;
}

type Method = 'GET' | 'POST' | 'DELETE';

export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly parameters: keyof ParameterTypes;
  /** Synchronous: a request changes everything or, refused, what Stripe changes too. */
  readonly answer: (call: Call<never>) => object;
}

/** Where resources put their routes. */
export class Api {
  readonly routes: Route[] = [];

  constructor(readonly world: World) {}

  get = this.adder('GET');
  post = this.adder('POST');
  delete = this.adder('DELETE');

  private adder(method: Method) {
    return <N extends keyof ParameterTypes>(
      path: string,
      parameters: N,
      answer: (call: Call<ParameterTypes[N]>) => object,
    ): void => {
      this.routes.push({ method, path, parameters, answer });
    };
  }
}

/** One resource's routes. */
export type Resource = (api: Api) => void;

/** The server's schema, asked for once and when it is first needed: QEMU's has 200 KB. */

import { CommandError } from "../client/errors.ts";
import type { ExecuteOptions, QmpClient } from "../client/index.ts";
import { Introspection } from "./introspection.ts";

export class SchemaSource {
  readonly #client: QmpClient;
  #asked: Promise<Introspection | undefined> | undefined;
  #known: Introspection | undefined;
  #isTold = false;

  constructor(client: QmpClient) {
    this.#client = client;
  }

  /** As far as it is known now. */
  get known(): Introspection | undefined {
    return this.#known;
  }

  /** The server has answered: `known` stays as it is. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** `undefined`: the server has none to tell. */
  get(): Promise<Introspection | undefined> {
    this.#asked ??= this.#ask();
    return this.#asked;
  }

  async #ask(): Promise<Introspection | undefined> {
    this.#known = await introspect(this.#client);
    this.#isTold = true;
    return this.#known;
  }
}

/** `undefined`: the server has no schema, or none that names a command: test doubles answer `{}` to all there is. */
export async function introspect(
  client: QmpClient,
  options?: ExecuteOptions,
): Promise<Introspection | undefined> {
  try {
    const schema = new Introspection(await client.execute("query-qmp-schema", undefined, options));
    return schema.commandNames.length === 0 ? undefined : schema;
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

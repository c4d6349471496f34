/** The server's schema, asked for once and when it is first needed: QEMU's has 200 KB. */

import { CommandError } from "../client/errors.ts";
import type { QmpClient } from "../client/index.ts";
import { Introspection } from "./introspection.ts";

export class SchemaSource {
  readonly #client: QmpClient;
  #asked: Promise<Introspection | undefined> | undefined;
  #known: Introspection | undefined;

  constructor(client: QmpClient) {
    this.#client = client;
  }

  /** As far as it is known now. */
  get known(): Introspection | undefined {
    return this.#known;
  }

  /** `undefined`: the server has none to tell. */
  get(): Promise<Introspection | undefined> {
    this.#asked ??= this.#ask();
    return this.#asked;
  }

  async #ask(): Promise<Introspection | undefined> {
    try {
      this.#known = new Introspection(await this.#client.execute("query-qmp-schema"));
      return this.#known;
    } catch (error) {
      if (error instanceof CommandError) return undefined;
      throw error;
    }
  }
}

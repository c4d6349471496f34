/**
 * The client library.
 *
 *     const client = await connect("unix:vm.sock", { capabilities: ["async"] });
 *     client.events.subscribe(({ event }) => console.log(event));
 *     console.log(await client.execute("query-status"));
 *     await client.close();
 *
 * Values are those of JSON, with two additions: integers beyond 2^53 are `bigint`, and a number with a fraction or
 * an exponent is a `JsonDouble`.
 */

export { ChardevError } from "../chardev/errors.ts";
export { createChardevPair } from "../chardev/pair.ts";
export { isJsonObject, JsonDouble, type JsonObject, type JsonValue } from "../qjson/value.ts";
export type { Call, ExecuteOptions, QmpClient, QmpMessage } from "./client.ts";
export { type AttachOptions, attach, type ConnectOptions, connect } from "./connect.ts";
export { ClientError, type ClientErrorCode, CommandError } from "./errors.ts";
export type { Greeting, Outcome, QmpEvent } from "./messages.ts";

/**
 * Generated from examples/hash-file/hash-file.json by `qmpd schema compile`: change the schema, not this file.
 */

import {
  asObject,
  asString,
  asUint64,
  type AsyncCommand,
  type AsyncHandler,
  firstMembers,
  type Input,
  type JsonValue,
  marshalResult,
  type Mutable,
  pathOf,
  type Uint64,
  unexpected,
  wrongValue,
} from "qmpd/qapi";

/**
 * How a file's bytes become a short text.
 *
 * - `sha1`: 160 bits, for comparison with older lists
 * - `sha256`: 256 bits
 * - `sha512`: 512 bits
 *
 * Since: 0.1
 *
 * Source: examples/hash-file/hash-file.json, line 20.
 */
export type HashAlgorithm = "sha1" | "sha256" | "sha512";

export function unmarshalHashAlgorithm(input: Input, at: string, name: string | number): HashAlgorithm {
  switch (input) {
    case "sha1":
    case "sha256":
    case "sha512":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * The hash of a file.
 *
 * Since: 0.1
 *
 * Source: examples/hash-file/hash-file.json, line 35.
 */
export type FileHash = {
  /** how it was made */
  readonly algorithm: HashAlgorithm;
  /** the hash, in hexadecimal digits */
  readonly digest: string;
  /** bytes that were hashed */
  readonly size: Uint64;
};

export function unmarshalFileHash(input: Input, at: string, name: string | number): FileHash {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<FileHash>;
  result.algorithm = unmarshalHashAlgorithm(object.algorithm, path, "algorithm");
  result.digest = asString(object.digest, path, "digest");
  result.size = asUint64(object.size, path, "size");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "algorithm":
      case "digest":
      case "size":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A file has been hashed, for whichever client.
 *
 * Data of the event `FILE_HASHED`.
 *
 * Source: examples/hash-file/hash-file.json, line 66.
 */
export type FileHashedEvent = {
  /** the file, as the client named it */
  readonly filename: string;
  /** its hash */
  readonly hash: FileHash;
};

export function unmarshalFileHashedEvent(input: Input, at: string, name: string | number): FileHashedEvent {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<FileHashedEvent>;
  result.filename = asString(object.filename, path, "filename");
  result.hash = unmarshalFileHash(object.hash, path, "hash");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "filename":
      case "hash":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Hashes the content of a regular file.  Its progress is told in bytes.
 *
 * Arguments of the command `hash-file`.
 *
 * Source: examples/hash-file/hash-file.json, line 51.
 */
export type HashFileArg = {
  /** the file */
  readonly filename: string;
  /** how; 'sha256' if left out */
  readonly algorithm?: HashAlgorithm;
};

export function unmarshalHashFileArg(input: Input, at: string, name: string | number): HashFileArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<HashFileArg>;
  result.filename = asString(object.filename, path, "filename");
  if (object.algorithm !== undefined) {
    result.algorithm = unmarshalHashAlgorithm(object.algorithm, path, "algorithm");
  }
  for (const member in firstMembers(object)) {
    switch (member) {
      case "filename":
      case "algorithm":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in examples/hash-file/hash-file.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface HashFileHandlers<C> {
  /**
   * Hashes the content of a regular file.  Its progress is told in bytes.
   *
   * Returns: the hash; an error if the file cannot be read, or is none.
   *
   * Since: 0.1
   */
  readonly "hash-file": AsyncHandler<HashFileArg, FileHash, C>;
}

function returnHashFile(result: FileHash): JsonValue {
  return marshalResult("hash-file", result, unmarshalFileHash);
}

function marshalHashFile<C>(handler: AsyncHandler<HashFileArg, FileHash, C>): AsyncCommand<C> {
  return {
    name: "hash-file",
    kind: "async",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalHashFileArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalHashFileArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), returnHashFile);
    },
  };
}

/** Binds the commands in examples/hash-file/hash-file.json to their handlers. */
export function marshalHashFileCommands<C>(handlers: HashFileHandlers<C>): AsyncCommand<C>[] {
  return [marshalHashFile(handlers["hash-file"])];
}

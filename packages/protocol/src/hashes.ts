// The cryptography that signatures need, handed in by whoever calls: node:crypto on the server, a pure implementation on edge
// runtimes. The protocol package computes nothing secret itself and compares nothing secret with `==`.

/** A text stands for its UTF-8, into which most implementations bring it faster than we could. */
export type HashInput = Uint8Array | string;

/** Every function is synchronous. */
export interface Hashes {
  hmacSha1(key: HashInput, data: HashInput): Uint8Array;
  hmacSha256(key: HashInput, data: HashInput): Uint8Array;
  sha256(data: HashInput): Uint8Array;
  /** Whether two byte strings are equal, in a time that depends on their lengths alone. */
  equal(a: HashInput, b: HashInput): boolean;
}

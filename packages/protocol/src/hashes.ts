// The cryptography that signatures need, handed in by whoever calls: node:crypto on the server, a pure implementation on edge
// runtimes. The protocol package computes nothing secret itself and compares nothing secret with `==`.

/** Every function is synchronous and takes and returns raw bytes. */
export interface Hashes {
  hmacSha1(key: Uint8Array, data: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  sha256(data: Uint8Array): Uint8Array;
  /** Whether two byte strings are equal, in a time that depends on their lengths alone. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}

// Policies that were found to be signed, so that an application which signs one policy for thousands of forms has it verified and read
// once. Only what cannot change is kept: the access key is looked up, and the expiry and the conditions are judged, for every form.

import {
  decodePolicy,
  type Hashes,
  type Policy,
  type PostSignature,
  parsePolicyJson,
  verifyPostSignature,
} from '@postern/protocol';

export const keptPoliciesMax = 1024;
/** Policies have a few hundred characters; longer ones than this, in base64, are verified and read each time. */
export const keptPolicyCharactersMax = 4096;

/** A policy that the holder of a key has signed. */
export class SignedPolicy {
  readonly #json: string;
  #policy: Policy | undefined;

  constructor(json: string) {
    this.#json = json;
  }

  /** @throws OssError what {@link parsePolicyJson} throws: one may sign nonsense */
  read(): Policy {
    this.#policy ??= parsePolicyJson(this.#json);
    return this.#policy;
  }
}

export class SignedPolicies {
  readonly #hashes: Hashes;
  /** By all that the verdict depends on, the secret among it: of a key with another secret nothing is known. Oldest first. */
  readonly #kept = new Map<string, SignedPolicy>();

  constructor(hashes: Hashes) {
    this.#hashes = hashes;
  }

  /**
   * The policy of a form, if `secret` signed it. Only good signatures are kept, so that finding one tells its sender nothing new, and
   * forms that are not signed push nothing out.
   *
   * @throws OssError what {@link decodePolicy} throws
   */
  verify(secret: string, signature: PostSignature): SignedPolicy | undefined {
    const isShort = signature.policy.length <= keptPolicyCharactersMax;
    const facts = isShort ? JSON.stringify([secret, signature]) : '';
    const kept = this.#kept.get(facts);
    if (kept) return kept;
    // Decoding costs next to nothing; reading the JSON is work that only a signer can ask for.
    const json = decodePolicy(signature.policy);
    if (!verifyPostSignature(this.#hashes, secret, signature)) return undefined;
    const signed = new SignedPolicy(json);
    if (isShort) this.#keep(facts, signed);
    return signed;
  }

  #keep(facts: string, signed: SignedPolicy): void {
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= keptPoliciesMax && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(facts, signed);
  }
}

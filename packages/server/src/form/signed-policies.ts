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
  readonly #secret: string;
  readonly #post: PostSignature;
  readonly #json: string;
  #policy: Policy | undefined;

  constructor(secret: string, post: PostSignature, json: string) {
    this.#secret = secret;
    this.#post = post;
    this.#json = json;
  }

  /** Whether all that the verdict depended on is the same; of a key with another secret nothing is known. */
  holdsFor(secret: string, post: PostSignature): boolean {
    if (secret !== this.#secret || post.policy !== this.#post.policy) return false;
    return post.signature === this.#post.signature && scopeOf(post) === scopeOf(this.#post);
  }

  /** @throws OssError what {@link parsePolicyJson} throws: one may sign nonsense */
  read(): Policy {
    this.#policy ??= parsePolicyJson(this.#json);
    return this.#policy;
  }
}

export class SignedPolicies {
  readonly #hashes: Hashes;
  /** By their signature, the oldest first. */
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
    const kept = this.#kept.get(signature.signature);
    if (kept?.holdsFor(secret, signature)) return kept;
    // Decoding costs next to nothing; reading the JSON is work that only a signer can ask for.
    const json = decodePolicy(signature.policy);
    if (!verifyPostSignature(this.#hashes, secret, signature)) return undefined;
    const signed = new SignedPolicy(secret, signature, json);
    if (signature.policy.length <= keptPolicyCharactersMax) this.#keep(signature.signature, signed);
    return signed;
  }

  #keep(signature: string, signed: SignedPolicy): void {
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= keptPoliciesMax && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(signature, signed);
  }
}

/** What the key was bound to. */
function scopeOf(post: PostSignature): string {
  return post.version === 'v1' ? '' : `${post.credential.date}/${post.credential.region}`;
}

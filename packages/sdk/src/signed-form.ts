// A signed form as it travels from the server that signs it to the page that sends it: plain JSON, no secret in it. This shape is
// the border between `@postern/sdk/sign`, which makes it, and `@postern/sdk`, which uploads with it.

/** Everything a page needs to post a file, and nothing that must be kept from it. */
export interface SignedForm {
  /** Where to post: the bucket's address, e.g. `https://examplebucket.oss-cn-hangzhou.aliyuncs.com/`. */
  readonly url: string;
  /** Field names and values as they are sent, in this order, all before the file. */
  readonly fields: Readonly<Record<string, string>>;
  /** The moment after which storage refuses the form, as the policy writes it: ISO 8601, UTC. */
  readonly expires?: string;
  /** The same moment in milliseconds since the epoch. */
  readonly expiresAtMs?: number;
  /** What the policy allows, spelled out for a page that wants to show it or to check a file before sending. */
  readonly limits?: UploadLimits;
}

/** A hint for the page: what binds is the policy, which storage checks. */
export interface UploadLimits {
  /** Smallest file accepted, in bytes. */
  readonly minBytes?: number;
  /** Largest file accepted, in bytes. */
  readonly maxBytes?: number;
  /** What every object name must begin with. */
  readonly keyPrefix?: string;
  /** Media types accepted, e.g. `application/pdf` or `image/*`; fit for the `accept` attribute of a file input. */
  readonly contentTypes?: readonly string[];
}

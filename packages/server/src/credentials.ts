// Access keys and whose they are.

export interface AccessKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** The account that acts when this key signs. */
  readonly account: string;
}

/** Where keys are looked up. Security tokens and users are added behind this interface. */
export interface Credentials {
  find(accessKeyId: string): AccessKey | undefined;
}

export function fixedCredentials(keys: readonly AccessKey[]): Credentials {
  const byId = new Map(keys.map((key) => [key.accessKeyId, key]));
  return { find: (accessKeyId) => byId.get(accessKeyId) };
}

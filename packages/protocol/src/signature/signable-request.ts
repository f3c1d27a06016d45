// The parts of a request that signatures are made of, as server and client both have them.

import type { QueryParameter } from '../percent.ts';

export interface SignableRequest {
  /** In upper case. */
  readonly method: string;
  /**
   * Neither: the service. Signatures always name the bucket, wherever in the URL it stood; `key` is the name itself, not encoded, and
   * never empty.
   */
  readonly resource: { readonly bucket?: string; readonly key?: string };
  /** Every parameter, decoded, in the order sent. */
  readonly queryList: readonly QueryParameter[];
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

/** What a client signs with. */
export interface SigningKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Comes with temporary keys, and goes with every request they sign. */
  readonly securityToken?: string | undefined;
}

/** The first value of a parameter (OSS: of duplicates the first counts). */
export function findParameter({ queryList }: SignableRequest, name: string): string | undefined {
  return queryList.find(([candidate]) => candidate === name)?.[1];
}

/** `/`, `/bucket/` or `/bucket/key`, as it is: V1 signs this text, V4 its encoded form. */
export function resourcePath({ resource: { bucket, key = '' } }: SignableRequest): string {
  return bucket === undefined ? '/' : `/${bucket}/${key}`;
}

/** For sorts by the order of code units, which is that of bytes for the ASCII that is sorted here. Such sorts are stable. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

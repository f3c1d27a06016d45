// What crashing-writer.ts writes, and crash-steps.test.ts expects.

import { type ObjectName, parseBucketName, parseObjectName } from '@postern/protocol';

export const bucket = parseBucketName('the-bucket');
export const rounds = 2;

/** In the index, in a segment, and such as are written anew when more is appended. */
export const pieceSizes = [20_000, 30_000, 10, 10, 100_000, 5_000] as const;

export const properties = { acl: 'default', storageClass: 'Standard', headers: {}, tags: [] } as const;

export type Acknowledged =
  | { readonly kind: 'part' | 'appended'; readonly round: number; readonly at: number }
  | { readonly kind: 'completed' | 'aborted'; readonly round: number };

export function keyOf(name: 'upload' | 'dropped' | 'log', round: number): ObjectName {
  return parseObjectName(`${name}-${round}`);
}

export function bodyOf(key: string, at: number, size: number): Buffer {
  return Buffer.alloc(size, `${key} ${at} `);
}

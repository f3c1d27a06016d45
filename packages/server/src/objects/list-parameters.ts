// What the lists have in common: how many to give, how to spell names, where to go on.

import { decodeUtf8, encodeUtf8, OssError } from '@postern/protocol';
import type { NameEncoding } from '@postern/protocol/xml';

type Query = ReadonlyMap<string, string>;

/** Entries of a page when the client does not say. */
export const maxKeysDefault = 100;
export const maxKeysMax = 1000;

/** @throws OssError InvalidArgument.maxKeys unless it is an integer from 0 to {@link maxKeysMax} */
export function parseMaxKeys(query: Query): number {
  const text = query.get('max-keys');
  if (text === undefined) return maxKeysDefault;
  if (!/^\d{1,4}$/.test(text) || Number(text) > maxKeysMax) {
    throw new OssError('InvalidArgument.maxKeys', {
      limit: maxKeysMax,
      ArgumentName: 'max-keys',
      ArgumentValue: text,
    });
  }
  return Number(text);
}

/** @throws OssError InvalidArgument.encodingType */
export function parseNameEncoding(query: Query): NameEncoding {
  const text = query.get('encoding-type');
  if (text === undefined || text === '') return undefined;
  if (text === 'url') return 'url';
  throw new OssError('InvalidArgument.encodingType', {
    ArgumentName: 'encoding-type',
    ArgumentValue: text,
  });
}

/** The first byte of every token: an arbitrary word that a client made up does not pass as a place in the list. */
const tokenMark = 0x01;

/** A token that means "after `name`"; opaque to clients, safe in a URL. */
export function formatContinuationToken(name: string): string {
  return Buffer.from([tokenMark, ...encodeUtf8(name)]).toString('base64url');
}

/**
 * Reads what {@link formatContinuationToken} writes. An empty token is none.
 *
 * @throws OssError InvalidArgument.continuationToken
 */
export function parseContinuationToken(token: string | undefined): string | undefined {
  if (token === undefined || token === '') return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const name = decodeUtf8(bytes.subarray(1));
  // Node skips what is not base64: only a token that is written back the same was ours.
  if (bytes[0] !== tokenMark || name === undefined || formatContinuationToken(name) !== token) {
    throw new OssError('InvalidArgument.continuationToken', {
      ArgumentName: 'continuation-token',
      ArgumentValue: token,
    });
  }
  return name;
}

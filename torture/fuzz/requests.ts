// Mutated requests of the other kinds: signatures of both versions in headers and queries, ranges, lists. They begin as right ones, so that
// a mutation gets as far as it can.

import {
  formatQuery,
  presignV1,
  presignV4,
  type SignableRequest,
  signRequestV1,
  signRequestV4,
} from '@postern/protocol';
import { hashes } from '../../conformance/http.ts';
import type { RawMessage } from '../../packages/server/src/framing.ts';
import { type Choices, choicesOf } from './choices.ts';
import { fuzzedBucket, fuzzedKey, fuzzedNowMs, presentKey } from './fuzzed-server.ts';
import { mutateSome } from './mutate.ts';

export interface FuzzedRequest {
  readonly message: RawMessage;
  readonly body: readonly Buffer[];
  /** Without these very characters in the request nothing of the bucket may be told or changed. */
  readonly signature: string;
}

interface Template {
  readonly method: string;
  readonly key?: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
}

const templates: readonly Template[] = [
  { method: 'GET', key: presentKey, query: [], headers: { range: 'bytes=10-20' } },
  {
    method: 'GET',
    key: presentKey,
    query: [],
    headers: { range: 'bytes=-5', 'x-oss-range-behavior': 'standard' },
  },
  { method: 'GET', key: presentKey, query: [['response-content-type', 'text/plain']], headers: {} },
  { method: 'HEAD', key: presentKey, query: [['objectMeta', '']], headers: { 'if-none-match': '"0"' } },
  {
    method: 'GET',
    query: [
      ['prefix', 'user/'],
      ['delimiter', '/'],
      ['max-keys', '10'],
    ],
    headers: {},
  },
  {
    method: 'GET',
    query: [
      ['list-type', '2'],
      ['start-after', 'a'],
      ['encoding-type', 'url'],
    ],
    headers: {},
  },
  {
    method: 'GET',
    query: [
      ['versions', ''],
      ['key-marker', 'a'],
    ],
    headers: {},
  },
  {
    method: 'PUT',
    key: 'user/put.txt',
    query: [],
    headers: { 'content-type': 'text/plain', 'x-oss-meta-a': '1' },
  },
  {
    method: 'PUT',
    key: 'user/copy.txt',
    query: [],
    headers: { 'x-oss-copy-source': `/${fuzzedBucket}/${presentKey}` },
  },
];

const tokens = [
  ...[
    '%',
    '%2',
    '%00',
    '%2F',
    '%ff',
    '+',
    '&',
    '=',
    '?',
    '/',
    '//',
    '../',
    ';',
    ',',
    ' ',
    '\t',
    '"',
    '\0',
    'null',
  ],
  ...[
    'bytes=',
    '0-',
    '-0',
    '-1',
    '18446744073709551616',
    '1e9',
    'Credential=',
    'Signature=',
    'AdditionalHeaders=',
  ],
  ...[
    'OSS ',
    'OSS4-HMAC-SHA256 ',
    'x-oss-signature',
    'Expires',
    'x-oss-expires',
    'security-token',
    '20260115T120000Z',
  ],
  ...['versionId', 'acl', 'continuation-token', 'encoding-type=url', '\u00e9', '\u{10ffff}'],
].map((token) => Buffer.from(token));

const places = ['header-v1', 'header-v4', 'query-v1', 'query-v4'] as const;

/** The same for the same seed and number. */
export function makeRequest(seed: number, number: number): FuzzedRequest {
  const choices = choicesOf(seed, number);
  const { template, query, headers, signature } = choices.of(signed);
  const path = `/${fuzzedBucket}/${template.key ?? ''}`;
  const url = query.length > 0 ? `${path}?${formatQuery(query)}` : path;
  const body =
    template.method === 'PUT' && !headers['x-oss-copy-source'] ? [Buffer.from('put by a request')] : [];
  const length = body.reduce((sum, piece) => sum + piece.length, 0);
  const given = {
    host: 'localhost',
    ...headers,
    ...(template.method === 'PUT' && { 'content-length': `${length}` }),
  };
  const rawHeaders = Object.entries(given).flatMap(([name, value]) => [
    choices.once(20) ? mutateLine(name, choices) : name,
    choices.once(3) ? mutateLine(value, choices) : value,
  ]);
  const target = choices.once(2) ? mutateLine(url, choices) : url;
  return {
    signature,
    body,
    message: { method: template.method, url: target, httpVersion: '1.1', rawHeaders },
  };
}

/** Each template signed in each way: time stands still, so once is enough. */
const signed = templates.flatMap((template) =>
  places.map((place) => ({ template, ...sign(template, place) })),
);

function sign({ method, key, query, headers }: Template, place: (typeof places)[number]) {
  const request: SignableRequest = {
    method,
    resource: { bucket: fuzzedBucket, ...(key !== undefined && { key }) },
    queryList: query,
    headers: new Map(Object.entries(headers)),
  };
  const options = { timeMs: fuzzedNowMs, region: 'cn-hangzhou' };
  const inHeaders = (added: Record<string, string>) => ({
    ...{ query, headers: { ...headers, ...added } as Record<string, string> },
    signature: /[^:=]+=*$/.exec(added.authorization ?? '')?.[0] ?? '',
  });
  const inQuery = (presigned: readonly (readonly [string, string])[]) => ({
    ...{ query: presigned, headers: headers as Record<string, string> },
    signature: presigned.at(-1)?.[1] ?? '',
  });
  switch (place) {
    case 'header-v1':
      return inHeaders(signRequestV1(hashes, fuzzedKey, request, fuzzedNowMs));
    case 'header-v4':
      return inHeaders(signRequestV4(hashes, fuzzedKey, request, options));
    case 'query-v1':
      return inQuery(presignV1(hashes, fuzzedKey, request, fuzzedNowMs + 60_000));
    case 'query-v4':
      return inQuery(presignV4(hashes, fuzzedKey, request, 60, options));
  }
}

/** As Node's parser hands lines on: one character a byte, no control characters but tabs. */
function mutateLine(text: string, choices: Choices): string {
  const mutated = mutateSome(Buffer.from(text), choices, tokens).toString('latin1');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they are
  return mutated.replace(/[\0-\x08\x0a-\x1f\x7f]/g, '');
}

/** Whether a request whose signature is not in it any more was carried out. */
export function findRequestFault({ message, signature }: FuzzedRequest, status: number): string | undefined {
  if (status >= 400 || message.method === 'OPTIONS') return undefined;
  const sent = [message.url, ...message.rawHeaders].map(decoded).join('\n');
  return sent.includes(signature) ? undefined : `it was answered ${status} without its signature`;
}

/** A signature may be percent-encoded in a query in more than one way. */
function decoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

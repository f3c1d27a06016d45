// Mutated requests of the other kinds, signed with both versions of either dialect, in headers and queries. They begin as right ones, so
// that a mutation gets as far as it can.

import {
  formatQuery,
  presignV1,
  presignV4,
  type SignableRequest,
  signRequestV1,
  signRequestV4,
} from '@postern/protocol';
import { hashes, type Sending } from '../../conformance/http.ts';
import { presignS3, presignS3V2, signS3, signS3V2 } from '../../conformance/s3-request.ts';
import type { Target } from '../../conformance/target.ts';
import type { RawMessage } from '../../packages/server/src/http/framing.ts';
import { type Choices, choicesOf } from './choices.ts';
import { fuzzedBucket, fuzzedKey, fuzzedNowMs } from './fuzzed-server.ts';
import { mutateSome } from './mutate.ts';
import { ossTemplates, s3Templates, type Template } from './request-templates.ts';

export interface FuzzedRequest {
  readonly message: RawMessage;
  readonly body: readonly Buffer[];
  /** Without these very characters in the request nothing of the bucket may be told or changed. */
  readonly signature: string;
}

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
  ...[
    'AWS ',
    'AWS4-HMAC-SHA256 ',
    'X-Amz-Signature',
    'x-amz-',
    'uploadId',
    'uploads',
    'partNumber',
    'append',
    'position',
    'tagging',
  ],
  ...['versionId', 'acl', 'continuation-token', 'encoding-type=url', '\u00e9', '\u{10ffff}'],
].map((token) => Buffer.from(token));

const bodyTokens = [
  ...['<', '>', '</', '<Part>', '<PartNumber>', '10001', '"', '&lt;', '<![CDATA[', ']]>', '<Tag>'],
  ...['</CompleteMultipartUpload>', '</Tagging>', '<ETag>', '\0', '\u00e9'],
].map((token) => Buffer.from(token));

const ossPlaces = ['header-v1', 'header-v4', 'query-v1', 'query-v4'] as const;
const s3Places = ['header-v2', 'header-v4', 'query-v2', 'query-v4'] as const;

/** The same for the same seed and number. */
export function makeRequest(seed: number, number: number): FuzzedRequest {
  const choices = choicesOf(seed, number);
  const { template, url, headers, signature } = choices.of(signed);
  const body = bodyOf(template, choices);
  const length = body.reduce((sum, piece) => sum + piece.length, 0);
  const hasBody = template.method === 'PUT' || template.method === 'POST';
  const given = { host: 'localhost', ...headers, ...(hasBody && { 'content-length': `${length}` }) };
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

/** What declares its MD5 is mutated all the same: it is to be refused. */
function bodyOf({ body }: Template, choices: Choices): Buffer[] {
  if (body === undefined) return [];
  const bytes = Buffer.from(body);
  return [choices.once(3) ? mutateSome(bytes, choices, bodyTokens) : bytes];
}

/** What the signing of S3's requests wants to know of a target. */
const fuzzedTarget: Target = {
  ...{ ...fuzzedKey, endpoint: 'http://localhost', isOurs: true },
  [Symbol.asyncDispose]: async () => {},
};

const signedWith: Readonly<Record<(typeof s3Places)[number], (sending: Sending) => Sending>> = {
  'header-v2': (sending) => signS3V2(fuzzedTarget, sending, fuzzedNowMs),
  'header-v4': (sending) =>
    signS3(fuzzedTarget, sending, { timeMs: fuzzedNowMs, payload: 'UNSIGNED-PAYLOAD' }),
  'query-v2': (sending) => presignS3V2(fuzzedTarget, sending, fuzzedNowMs + 60_000),
  'query-v4': (sending) => presignS3(fuzzedTarget, sending, 60, fuzzedNowMs),
};

/** Each template signed in each way of its dialect: time stands still, so once is enough. */
const signed = [
  ...ossTemplates.flatMap((template) => ossPlaces.map((place) => ({ template, ...sign(template, place) }))),
  ...s3Templates.flatMap((template) =>
    s3Places.map((place) => ({ template, ...signForS3(template, place) })),
  ),
];

interface Signed {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signature: string;
}

function urlOf(key: string | undefined, query: Template['query']): string {
  const path = `/${fuzzedBucket}/${key ?? ''}`;
  return query.length > 0 ? `${path}?${formatQuery(query)}` : path;
}

function sign({ method, key, query, headers }: Template, place: (typeof ossPlaces)[number]): Signed {
  const request: SignableRequest = {
    method,
    resource: { bucket: fuzzedBucket, ...(key !== undefined && { key }) },
    queryList: query,
    headers: new Map(Object.entries(headers)),
  };
  const options = { timeMs: fuzzedNowMs, region: 'cn-hangzhou' };
  const inHeaders = (added: Record<string, string>) => ({
    ...{ url: urlOf(key, query), headers: { ...headers, ...added } },
    signature: signatureIn(added.authorization),
  });
  const inQuery = (presigned: readonly (readonly [string, string])[]) => ({
    ...{ url: urlOf(key, presigned), headers },
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

function signForS3({ method, key, query, headers }: Template, place: (typeof s3Places)[number]): Signed {
  const sending = { method, path: urlOf(key, query), headers };
  const { path, headers: given = {} } = signedWith[place](sending);
  return { url: path, headers: given, signature: signatureIn(given.authorization ?? path) };
}

/** What stands at the end, percent-encoding undone. */
function signatureIn(text = ''): string {
  return decoded(/[^:=&]+=*$/.exec(text)?.[0] ?? '');
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

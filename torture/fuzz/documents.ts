// Mutated documents and header values, given to their parsers directly: each must come back with a value or with an OssError.

import {
  formatCondition,
  lintPolicy,
  OssError,
  parsePolicyJson,
  parseTaggingHeader,
} from '@postern/protocol';
import { parseS3Policy, toOssBucketPolicy } from '@postern/protocol/s3';
import {
  parseCompleteUpload,
  parseCorsConfiguration,
  parseCreateBucketConfiguration,
  parseDelete,
  parseLifecycleConfiguration,
  parseRestoreRequest,
  parseTagging,
  parseVersioningConfiguration,
} from '@postern/protocol/xml';
import { callbackInRequest } from '../../packages/server/src/callback/callback-order.ts';
import { selectByteRange } from '../../packages/server/src/objects/byte-range.ts';
import { parseCopySource } from '../../packages/server/src/objects/copy-source.ts';
import { parseSymlinkTarget } from '../../packages/server/src/objects/symlink-target.ts';
import { type Choices, choicesOf } from './choices.ts';
import { fuzzedNowMs } from './fuzzed-server.ts';
import { mutateSome } from './mutate.ts';

interface Parser {
  readonly name: string;
  readonly examples: readonly string[];
  readonly parse: (bytes: Buffer, choices: Choices) => void;
}

const parsers: readonly Parser[] = [
  {
    name: 'policy',
    examples: [
      '{"expiration":"2026-01-15T13:00:00.000Z","conditions":[{"bucket":"b"},["starts-with","$key","u/"],["content-length-range",1,10]]}',
      '{"conditions":[["in","$content-type",["image/png","image/jpeg"]],["not-in","$cache-control",["a"]],["eq","$key","\\u0041"]],"expiration":"2026-01-15T13:00:00Z"}',
    ],
    parse: (bytes) => {
      const policy = parsePolicyJson(bytes.toString());
      lintPolicy(policy, fuzzedNowMs);
      policy.conditions.forEach(formatCondition);
    },
  },
  {
    name: 'Delete',
    examples: [
      '<?xml version="1.0" encoding="UTF-8"?><Delete><Quiet>true</Quiet><Object><Key>a&amp;b</Key><VersionId>null</VersionId></Object></Delete>',
      '<Delete xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com"><Object><Key><![CDATA[a<b]]></Key></Object></Delete>',
    ],
    parse: (bytes) => parseDelete(bytes),
  },
  {
    name: 'CORSConfiguration',
    examples: [
      '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod><MaxAgeSeconds>5</MaxAgeSeconds></CORSRule></CORSConfiguration>',
    ],
    parse: (bytes) => parseCorsConfiguration(bytes),
  },
  {
    name: 'VersioningConfiguration',
    examples: ['<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'],
    parse: (bytes) => parseVersioningConfiguration(bytes),
  },
  {
    name: 'CreateBucketConfiguration',
    examples: [
      '<CreateBucketConfiguration><StorageClass>Standard</StorageClass></CreateBucketConfiguration>',
    ],
    parse: (bytes) => parseCreateBucketConfiguration(bytes),
  },
  {
    name: 'CompleteMultipartUpload',
    examples: [
      '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"5D41402ABC4B2A76B9719D911017C592"</ETag></Part><Part><PartNumber>10000</PartNumber><ETag>&quot;a&quot;</ETag></Part></CompleteMultipartUpload>',
    ],
    parse: (bytes) => void parseCompleteUpload(bytes),
  },
  {
    name: 'Tagging',
    examples: [
      '<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b</Key></Tag></TagSet></Tagging>',
    ],
    parse: (bytes) => void parseTagging(bytes),
  },
  {
    name: 'RestoreRequest',
    examples: [
      '<RestoreRequest><Days>7</Days><JobParameters><Tier>Bulk</Tier></JobParameters></RestoreRequest>',
    ],
    parse: (bytes) => void parseRestoreRequest(bytes.toString()),
  },
  {
    name: 'LifecycleConfiguration',
    examples: [
      '<LifecycleConfiguration><Rule><ID>a</ID><Prefix>tmp/</Prefix><Status>Enabled</Status><Expiration><Days>1</Days></Expiration><AbortMultipartUpload><Days>2</Days></AbortMultipartUpload></Rule></LifecycleConfiguration>',
    ],
    parse: (bytes) => void parseLifecycleConfiguration(bytes, () => 'id'),
  },
  {
    name: 'policy of a bucket, as S3 writes it',
    examples: [
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:Put*"],"Resource":"arn:aws:s3:::fuzzed/*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}]}',
    ],
    parse: (bytes) => void toOssBucketPolicy(bytes.toString()),
  },
  {
    name: 'policy of a form, as S3 reads it',
    examples: [
      '{"expiration":"2026-01-15T13:00:00.000Z","conditions":[{"bucket":"b"},["starts-with","$key","u/"],{"acl":"private"},["content-length-range",1,10]]}',
    ],
    parse: (bytes) => void parseS3Policy(bytes.toString('base64')),
  },
  {
    name: 'tagging header',
    examples: ['a=1&b+c=%2B%2D&d', '%E6%A0%87=1'],
    parse: (bytes) => void parseTaggingHeader(bytes.toString('latin1')),
  },
  {
    name: 'symlink target',
    examples: ['%E7%9B%AE%E5%BD%95/a%20b', 'a'],
    parse: (bytes) => void parseSymlinkTarget(bytes.toString('latin1')),
  },
  {
    name: 'callback variables',
    examples: [Buffer.from('{"x:a":"1","x:b":"2"}').toString('base64')],
    parse: (bytes) => {
      const headers = new Map([['x-oss-callback-var', bytes.toString('latin1')]]);
      callbackInRequest({ headers, query: new Map() }).variables();
    },
  },
  {
    name: 'range',
    examples: ['bytes=0-99', 'bytes=-1', 'bytes=5-', 'bytes=1-2,4-5'],
    parse: (bytes, choices) => {
      const size = choices.of([0, 1, 100, 2 ** 40]);
      const range = selectByteRange(bytes.toString('latin1'), size, choices.of(['oss', 'standard']));
      if (typeof range === 'object' && !(0 <= range.from && range.from < range.to && range.to <= size)) {
        throw new Error(`${range.from} to ${range.to} of ${size} bytes is no range`);
      }
    },
  },
  {
    name: 'copy source',
    examples: ['/bucket/key%2Fa?versionId=null', '/bucket/%E8%A1%A8'],
    parse: (bytes) => void parseCopySource(bytes.toString('latin1')),
  },
];

const tokens = [
  ...[
    '<',
    '>',
    '</',
    '/>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    '?>',
    '&',
    ';',
    '&amp;',
    '&#0;',
    '&#x110000;',
    '&lt',
  ],
  ...[
    '<!DOCTYPE a [<!ENTITY b "c">]>',
    '&b;',
    'xmlns:x="y"',
    'x:',
    ' a="b"',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '\\u',
  ],
  ...[
    '__proto__',
    'constructor',
    'null',
    '1e400',
    '-',
    '--',
    '0',
    '99999999999999999999',
    '\0',
    '\ufeff',
    '\ufffe',
    '\r\n',
  ],
  '<a>'.repeat(20),
]
  .map((token) => Buffer.from(token))
  .concat([Buffer.of(0xff, 0xfe), Buffer.of(0xed, 0xa0, 0x80)]);

/** @returns what is wrong; undefined when nothing is */
export function parseMutated(seed: number, number: number): string | undefined {
  const choices = choicesOf(seed, number);
  const { name, examples, parse } = choices.of(parsers);
  const bytes = mutateSome(Buffer.from(choices.of(examples)), choices, tokens);
  try {
    parse(bytes, choices);
  } catch (error) {
    if (!(error instanceof OssError)) return `the parser of ${name} threw ${(error as Error).stack}`;
  }
  return undefined;
}

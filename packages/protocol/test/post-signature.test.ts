// Form signatures: the published vectors, which fields make a signature, and that nothing but the right one verifies.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ErrorName, OssError } from '../src/errors.ts';
import type { PostFields } from '../src/form/post-fields.ts';
import type { Hashes } from '../src/hashes.ts';
import { encodeHex } from '../src/hex.ts';
import {
  checkPostDate,
  type PostSignature,
  type PostSignatureV4,
  parsePostSignature,
  postControlFields,
  verifyPostSignature,
} from '../src/signature/post-signature.ts';
import { signPostV1 } from '../src/signature/post-v1.ts';
import { signPostV4 } from '../src/signature/post-v4.ts';
import { keptKeysMax, signingKeyV4, writeV4Scope } from '../src/signature/signing-key-v4.ts';
import { readForm } from './form-notation.ts';
import {
  base64,
  credential,
  fields,
  keyId,
  nodeHashes,
  nowMs,
  policyJson,
  scope,
  secret,
  signedV1,
  signedV4,
  v4Conditions,
} from './signed-form-notation.ts';

const json = policyJson(
  '{"bucket":"examplebucket"}',
  '["starts-with","$key","user/eric/"]',
  '["content-length-range",0,1048576]',
);

const parsed = (...pairs: string[]) => parsePostSignature(fields(...pairs)) as PostSignature;

test('V1: the vectors of the SDK, the guide and the reference', () => {
  const VECTORS: { secret: string; json: string; signature: string }[] = [
    {
      secret: 'B'.repeat(30),
      json: '{"expiration":"2020-03-19T03:44:06.476Z","conditions":[{"bucket":"gen-post-policy"},["eq","$key","user\\/eric\\/\\\\${filename}"],["starts-with","$key","user\\/eric"],["starts-with","$x-oss-meta-tag","dummy_etag"],["content-length-range",1,1024]]}',
      signature: '9fs2TRS2W2k5hV8mLsvqZBnlC2M=',
    },
    {
      secret: 'B'.repeat(30),
      json: '{"expiration":"2020-03-19T03:44:06.476Z","conditions":[{"bucket":"gen-post-policy"},["starts-with","$key","user\\/eric"],["starts-with","$x-oss-meta-tag","dummy_etag"],["content-length-range",1,1024],["in","$content-type",["image\\/jpg","image\\/png"]],["not-in","$cache-control",["no-cache"]]]}',
      signature: '/yrk/7alTmdIh9a3YOkkIcKYlbA=',
    },
    { secret, json, signature: 'PS1SPrvi9FuytrgwitcHolnNyGk=' },
    {
      secret: 'ZQNJzf4QJRkrH4',
      json: '{"expiration":"2115-01-27T10:56:19Z","conditions":[["content-length-range", 0, 104857600]]}',
      signature: '5sZl5PchYOkbgFL7VfPMtEKBhaQ=',
    },
    {
      secret: 'ZQNJzf4QJRkrH4',
      json: '{"expiration":"2115-01-27T10:56:19Z","conditions":[["content-length-range", 0, 1048576]]}',
      signature: 'UbkfxS01Tj08Eu8Ueg1aFbIPyU0=',
    },
  ];
  for (const vector of VECTORS) {
    const policy = base64(vector.json);
    assert.equal(signPostV1(nodeHashes, vector.secret, policy), vector.signature);
    const post = parsed(`policy=${policy}`, `Signature=${vector.signature}`, 'OSSAccessKeyId=a');
    assert.ok(verifyPostSignature(nodeHashes, vector.secret, post));
  }
});

test('V1: a whole body as a browser sends it', () => {
  const body = readFileSync(new URL('vectors/v1-body.bin', import.meta.url));
  const { form } = readForm(body, [], 'multipart/form-data; boundary=9431149156168');
  const post = parsePostSignature(form.fields) as PostSignature;
  assert.deepEqual(post, {
    version: 'v1',
    accessKeyId: keyId,
    policy: base64(json),
    signature: 'PS1SPrvi9FuytrgwitcHolnNyGk=',
  });
  assert.ok(verifyPostSignature(nodeHashes, secret, post));
});

test('V4: a key is derived once, for its own secret and scope only', () => {
  let count = 0;
  const hmacSha256: Hashes['hmacSha256'] = (key, data) => {
    count++;
    return nodeHashes.hmacSha256(key, data);
  };
  const hashes = { ...nodeHashes, hmacSha256 };
  const derive = (...given: [secret: string, date: string, region: string, product?: string]) => {
    const before = count;
    assert.deepEqual(signingKeyV4(hashes, ...given), signingKeyV4({ ...nodeHashes }, ...given));
    return count - before;
  };
  for (const hashesComputed of [4, 0]) {
    assert.equal(derive('a', '20300101', 'cn-hangzhou'), hashesComputed);
    assert.equal(derive('b', '20300101', 'cn-hangzhou'), hashesComputed);
    assert.equal(derive('a', '20300102', 'cn-hangzhou'), hashesComputed);
    assert.equal(derive('a', '20300101', 'cn-beijing'), hashesComputed);
    assert.equal(derive('a', '20300101', 'cn-hangzhou', 's3'), hashesComputed);
  }
  const endless = 'x'.repeat(1000);
  for (const hashesComputed of [4, 4]) assert.equal(derive('a', '20300101', endless), hashesComputed);
  for (let n = 0; n < keptKeysMax; n++) derive(`${n}`, '20300101', 'cn-hangzhou');
  assert.equal(derive('a', '20300101', 'cn-hangzhou'), 4);
});

test('V4: the chain of keys and the worked example', () => {
  const v4Json = policyJson(
    '{"bucket":"examplebucket"}',
    ...v4Conditions,
    '["starts-with","$key","user/eric/"]',
    '["content-length-range",0,1048576]',
  );
  assert.equal(
    encodeHex(signingKeyV4(nodeHashes, secret, '20300101', 'cn-hangzhou')),
    '53eb4889715b3d7498b805390d0a0f500c207293051b66926e3540dbfcbb771b',
  );
  const signature = 'e774e4dfa9363a25d7f778e33b95c209bff6b6074f9034ee8db5269fd7546605';
  assert.equal(signPostV4(nodeHashes, secret, scope, base64(v4Json)), signature);
  assert.equal(`${keyId}/${writeV4Scope(scope)}`, credential);
  const post = parsed(...signedV4(v4Json));
  assert.deepEqual(post, {
    version: 'v4',
    accessKeyId: keyId,
    credential: scope,
    date: '20300101T110000Z',
    signedAtMs: nowMs,
    policy: base64(v4Json),
    signature,
  });
  assert.ok(verifyPostSignature(nodeHashes, secret, post));
});

test('a form without any part of a signature is anonymous', () => {
  assert.equal(parsePostSignature(fields()), undefined);
  assert.equal(
    parsePostSignature(fields('key=a', 'x-oss-security-token=', 'success_action_status=201')),
    undefined,
  );
});

test('an empty security token is none', () => {
  assert.equal(parsed(...signedV1(json), 'x-oss-security-token=').securityToken, undefined);
  assert.equal(parsed(...signedV1(json), 'x-oss-security-token=t').securityToken, 't');
  assert.equal(parsed(...signedV4(json), 'X-Oss-Security-Token=t').securityToken, 't');
});

test('names of fields in any case', () => {
  const [key, policy, signature] = signedV1(json).map((pair) => pair.slice(pair.indexOf('=') + 1));
  const post = parsed(`OssAccessKeyId=${key}`, `Policy=${policy}`, `signature=${signature}`);
  assert.ok(verifyPostSignature(nodeHashes, secret, post));
});

test('the fields that a V4 policy must name', () => {
  const control = ['x-oss-signature-version', 'x-oss-credential', 'x-oss-date'];
  assert.deepEqual(postControlFields(parsed(...signedV1(json), 'x-oss-security-token=t')), []);
  assert.deepEqual(postControlFields(parsed(...signedV4(json), 'x-oss-security-token=')), control);
  assert.deepEqual(postControlFields(parsed(...signedV4(json), 'x-oss-security-token=t')), [
    ...control,
    'x-oss-security-token',
  ]);
});

test('a part of a signature that is missing, empty or malformed', () => {
  const v1 = signedV1(json);
  const v4 = signedV4(json);
  const drop = (pairs: string[], name: string) => pairs.filter((pair) => !pair.startsWith(`${name}=`));
  const set = (pairs: string[], name: string, value: string) => [...drop(pairs, name), `${name}=${value}`];
  const ROWS: [pairs: string[], row: ErrorName, ec: string | undefined][] = [
    [drop(v1, 'policy'), 'InvalidArgument.missingPolicy', '0002-00000702'],
    [[`OSSAccessKeyId=${keyId}`], 'InvalidArgument.missingPolicy', '0002-00000702'],
    [['Signature=abc'], 'InvalidArgument.missingPolicy', '0002-00000702'],
    [set(v1, 'policy', ''), 'InvalidPolicyDocument.empty', '0006-00000205'],
    [drop(v1, 'Signature'), 'InvalidArgument.missingSignature', '0002-00000703'],
    [['policy=abc'], 'InvalidArgument.missingSignature', '0002-00000703'],
    [set(v1, 'Signature', ''), 'InvalidArgument.emptySignature', '0002-00000704'],
    [drop(v1, 'OSSAccessKeyId'), 'InvalidArgument.missingAccessKeyId', '0002-00000706'],
    [set(v1, 'OSSAccessKeyId', ''), 'InvalidArgument.emptyAccessKeyId', '0002-00000707'],
    [
      ['AWSAccessKeyId=a', ...drop(v1, 'OSSAccessKeyId')],
      'InvalidArgument.missingAccessKeyId',
      '0002-00000706',
    ],
    [set(v4, 'x-oss-signature-version', '2'), 'InvalidArgument.signatureVersion', '0002-00000701'],
    [set(v4, 'x-oss-signature-version', 'OSS2'), 'InvalidArgument.signatureVersion', '0002-00000701'],
    [set(v4, 'x-oss-signature-version', ''), 'InvalidArgument.signatureVersion', '0002-00000701'],
    [set(v1, 'x-oss-signature-version', 'OSS2'), 'InvalidArgument.signatureVersion', '0002-00000701'],
    [[...v1, ...v4], 'InvalidArgument.mixedSignatures', undefined],
    [[...v4, 'OSSAccessKeyId='], 'InvalidArgument.mixedSignatures', undefined],
    [[...v1, 'x-oss-date=20300101T110000Z'], 'InvalidArgument.mixedSignatures', undefined],
    [drop(v4, 'x-oss-signature-version'), 'InvalidArgument.missingField', '0006-00000103'],
    [drop(v4, 'policy'), 'InvalidArgument.missingPolicy', '0002-00000702'],
    [set(v4, 'policy', ''), 'InvalidPolicyDocument.empty', '0006-00000205'],
    [drop(v4, 'x-oss-signature'), 'InvalidArgument.missingSignature', '0002-00000703'],
    [set(v4, 'x-oss-signature', ''), 'InvalidArgument.emptySignature', '0002-00000704'],
    [drop(v4, 'x-oss-credential'), 'InvalidArgument.missingAccessKeyId', '0002-00000706'],
    [set(v4, 'x-oss-credential', ''), 'InvalidArgument.emptyAccessKeyId', '0002-00000707'],
    [set(v4, 'x-oss-credential', keyId), 'InvalidArgument.credential', '0002-00000708'],
    [set(v4, 'x-oss-credential', `${credential}/`), 'InvalidArgument.credential', '0002-00000708'],
    [
      set(v4, 'x-oss-credential', credential.replace('/oss/', '/s3/')),
      'InvalidArgument.credential',
      '0002-00000708',
    ],
    [
      set(v4, 'x-oss-credential', credential.replace('cn-hangzhou', '')),
      'InvalidArgument.credential',
      '0002-00000708',
    ],
    [
      set(v4, 'x-oss-credential', credential.replace(keyId, '')),
      'InvalidArgument.emptyAccessKeyId',
      '0002-00000707',
    ],
    [
      set(v4, 'x-oss-credential', credential.replace('20300101', '20300230')),
      'InvalidArgument.credentialDate',
      '0002-00000709',
    ],
    [
      set(v4, 'x-oss-credential', credential.replace('20300101', '2030-01-01')),
      'InvalidArgument.credentialDate',
      '0002-00000709',
    ],
    [
      set(v4, 'x-oss-credential', credential.replace('aliyun_v4', 'aws4')),
      'InvalidArgument.credentialSuffix',
      '0002-00000710',
    ],
    [drop(v4, 'x-oss-date'), 'InvalidArgument.missingField', '0006-00000103'],
    [set(v4, 'x-oss-date', ''), 'InvalidArgument.signatureDate', undefined],
    [set(v4, 'x-oss-date', '2030-01-01T11:00:00Z'), 'InvalidArgument.signatureDate', undefined],
    [set(v4, 'x-oss-date', '20300101T250000Z'), 'InvalidArgument.signatureDate', undefined],
  ];
  for (const [pairs, row, ec] of ROWS) {
    assert.throws(
      () => parsePostSignature(fields(...pairs)),
      (error: unknown) => {
        assert.ok(error instanceof OssError, String(error));
        assert.deepEqual([error.row, error.ec, error.status], [row, ec, 400], pairs.join(' '));
        return true;
      },
    );
  }
});

test('the message names the field that is missing', () => {
  assert.throws(() => parsed(...signedV1(json).slice(1)), {
    message:
      "The bucket POST must contain the specified 'OSSAccessKeyId'. If it is specified, please check the order of the fields",
  });
});

test('V4: the day of the credential, 15 minutes ahead, 7 days behind', () => {
  const post = parsed(...signedV4(json)) as PostSignatureV4;
  const minuteMs = 60_000;
  const dayMs = 24 * 60 * minuteMs;
  for (const offsetMs of [0, -15 * minuteMs, 7 * dayMs]) checkPostDate(post, nowMs + offsetMs);
  for (const offsetMs of [-15 * minuteMs - 1, -16 * minuteMs, 7 * dayMs + 1]) {
    assert.throws(() => checkPostDate(post, nowMs + offsetMs), { row: 'InvalidArgument.credentialDate' });
  }
  const otherDay = { ...post, credential: { ...scope, date: '20300102' } };
  assert.throws(() => checkPostDate(otherDay, nowMs), { row: 'InvalidArgument.credentialDate' });
});

test('nothing but the right signature verifies', () => {
  for (const right of [parsed(...signedV1(json)), parsed(...signedV4(json))]) {
    const { signature } = right;
    assert.ok(verifyPostSignature(nodeHashes, secret, right));
    const wrong = [
      signature.slice(0, -1),
      `${signature}=`,
      ` ${signature}`,
      `${signature}\n`,
      signature.toLowerCase() === signature ? signature.toUpperCase() : signature.toLowerCase(),
      Buffer.from(signature, right.version === 'v1' ? 'base64' : 'hex').toString(
        right.version === 'v1' ? 'hex' : 'base64',
      ),
      '简'.repeat(signature.length),
      '0',
    ];
    for (const text of wrong) {
      assert.equal(verifyPostSignature(nodeHashes, secret, { ...right, signature: text }), false, text);
    }
    fc.assert(
      fc.property(fc.nat(signature.length - 1), fc.constantFrom(...'aB0+/='), (at, letter) => {
        const text = signature.slice(0, at) + letter + signature.slice(at + 1);
        assert.equal(
          verifyPostSignature(nodeHashes, secret, { ...right, signature: text }),
          text === signature,
        );
      }),
    );
    assert.equal(verifyPostSignature(nodeHashes, `${secret} `, right), false);
    assert.equal(verifyPostSignature(nodeHashes, secret, { ...right, policy: `${right.policy}A` }), false);
  }
  const v4 = parsed(...signedV4(json)) as PostSignatureV4;
  for (const other of [
    { ...scope, date: '20300102' },
    { ...scope, region: 'cn-beijing' },
  ]) {
    assert.equal(verifyPostSignature(nodeHashes, secret, { ...v4, credential: other }), false);
  }
});

test('a signature of another length costs the same comparison', () => {
  const lengths: number[][] = [];
  const watching = {
    ...nodeHashes,
    equal: (a: Uint8Array, b: Uint8Array) => {
      lengths.push([a.length, b.length]);
      return nodeHashes.equal(a, b);
    },
  };
  for (const signature of ['x', 'x'.repeat(28), 'x'.repeat(500)]) {
    verifyPostSignature(watching, secret, { ...parsed(...signedV1(json)), signature });
  }
  assert.deepEqual(lengths, [
    [28, 28],
    [28, 28],
    [28, 28],
  ]);
});

test('nothing but OssError is thrown, whatever the fields', () => {
  const name = fc.constantFrom(
    ...['OSSAccessKeyId', 'Signature', 'policy', 'x-oss-signature-version', 'x-oss-credential', 'x-oss-date'],
    ...['x-oss-signature', 'x-oss-security-token'],
  );
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'OSS4-HMAC-SHA256',
      credential,
      '20300101T110000Z',
      '////',
      'a/20300101/r/oss/aliyun_v4_request',
    ),
  );
  const outcome = (given: PostFields) => {
    try {
      const post = parsePostSignature(given);
      if (post) verifyPostSignature(nodeHashes, secret, post);
      if (post?.version === 'v4') checkPostDate(post, nowMs);
    } catch (error) {
      assert.ok(error instanceof OssError, String(error));
    }
  };
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (pairs) =>
      outcome(fields(...pairs.map((pair) => pair.join('=')))),
    ),
    { numRuns: 1000 },
  );
});

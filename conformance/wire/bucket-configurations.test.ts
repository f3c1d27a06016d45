// The configurations of a bucket that are words and lists (OSS API: PutBucketTags, PutBucketReferer, PutBucketEncryption, PutBucketLogging,
// PutBucketRequestPayment, PutBucketPublicAccessBlock): kept, told back, refused, and heard.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openConfigurationTrials, squeeze } from '../configuration-trials.ts';
import { signPathV1 } from '../http.ts';
import { openTarget } from '../target.ts';
import { checkRefusal, newKey, TrialBucket } from '../trial-bucket.ts';

const target = await openTarget();
after(() => target[Symbol.asyncDispose]());

const malformed = '400 MalformedXML';

// --- Tags ---

const tags = await openConfigurationTrials(target, 'tagging');
const tagging = (pairs: Readonly<Record<string, string>>) =>
  `<Tagging><TagSet>${Object.entries(pairs)
    .map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`)
    .join('')}</TagSet></Tagging>`;
const numbered = (count: number) =>
  tagging(Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v'])));

tags.begins({ document: tagging({}) });
tags.isForOwnersOnly(['PUT', 'GET', 'DELETE']);
tags.keeps('two tags in their order', tagging({ owner: 'Zhang San', 部门: '研发' }));
tags.keeps('other tags replace them', tagging({ stage: 'test' }));
tags.keeps('twenty tags', numbered(20));
tags.keeps('the longest key and value', tagging({ ['k'.repeat(64)]: 'v'.repeat(128) }));
tags.keeps('no tags', tagging({}));
tags.refuses('21 tags', numbered(21), '400 TooManyTags');
const tagKey = { Message: 'The TagKey you have provided is invalid.' };
tags.refuses('a key of 65 bytes', tagging({ ['k'.repeat(65)]: 'v' }), '400 InvalidTag 0010-00000219', tagKey);
tags.refuses('an empty key', tagging({ '': 'v' }), '400 InvalidTag 0010-00000219', tagKey);
for (const prefix of ['http://', 'https://', 'Aliyun']) {
  tags.refuses(
    `a key that begins with ${prefix}`,
    tagging({ [`${prefix}a`]: 'v' }),
    '400 InvalidTag 0010-00000207',
  );
}
tags.refuses('a key that begins with acs', tagging({ 'acs:a': 'v' }), '400 InvalidTag 0010-00000002');
tags.refuses('a value of 129 bytes', tagging({ k: 'v'.repeat(129) }), '400 InvalidTag 0010-00000219', {
  Message: 'The TagValue you have provided is invalid.',
});
tags.refuses('a key twice', tagging({ k: 'v' }).replace(/(<Tag>.*<\/Tag>)/, '$1$1'), '400 InvalidTag');
tags.refuses('no TagSet', '<Tagging></Tagging>', malformed);
tags.refuses('another document', '<TagSet></TagSet>', malformed);
tags.refuses('nothing', '', malformed);

test('tagging: DELETE with names removes these, DELETE alone all', async () => {
  const { bucket, put, get } = tags;
  await put(tagging({ a: '1', b: '2', c: '3' }));
  const some = await bucket.sendSigned({ method: 'DELETE', path: '/?tagging=a,c,other' });
  assert.equal(some.status, 204, some.text);
  assert.equal(squeeze((await get()).text), tagging({ b: '2' }));
  assert.equal((await bucket.sendSigned({ method: 'DELETE', path: '/?tagging' })).status, 204);
  assert.equal(squeeze((await get()).text), tagging({}));
  assert.equal((await bucket.sendSigned({ method: 'DELETE', path: '/?tagging' })).status, 204);
});

// --- Referer ---

const referer = await openConfigurationTrials(target, 'referer');

interface Lists {
  readonly empty?: boolean;
  readonly truncateQuery?: boolean;
  readonly truncatePath?: boolean;
  readonly white?: readonly string[];
  readonly black?: readonly string[];
}
const lists = ({
  empty = true,
  truncateQuery = true,
  truncatePath = false,
  white = [],
  black = [],
}: Lists) => {
  const all = (patterns: readonly string[]) =>
    patterns.map((pattern) => `<Referer>${pattern}</Referer>`).join('');
  const blacklist = black.length === 0 ? '' : `<RefererBlacklist>${all(black)}</RefererBlacklist>`;
  return `<RefererConfiguration><AllowEmptyReferer>${empty}</AllowEmptyReferer>
    <AllowTruncateQueryString>${truncateQuery}</AllowTruncateQueryString><TruncatePath>${truncatePath}</TruncatePath>
    <RefererList>${all(white)}</RefererList>${blacklist}</RefererConfiguration>`;
};

referer.begins({ document: lists({}) });
referer.isForOwnersOnly(['PUT', 'GET']);
referer.keeps(
  'both lists',
  lists({ empty: false, truncateQuery: false, truncatePath: true, white: ['http://*.a.com'], black: ['b'] }),
);
referer.keeps(
  'what old clients send',
  '<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer><RefererList><Referer/></RefererList></RefererConfiguration>',
  lists({ empty: false }),
);
referer.keeps('the default, which is how lists are deleted', lists({}));
referer.refuses(
  'no AllowEmptyReferer',
  '<RefererConfiguration><RefererList/></RefererConfiguration>',
  malformed,
);
referer.refuses(
  'AllowEmptyReferer that is no truth value',
  '<RefererConfiguration><AllowEmptyReferer>perhaps</AllowEmptyReferer></RefererConfiguration>',
  malformed,
);
referer.refuses(
  'more than 20 KB',
  lists({ white: Array.from({ length: 21 }, () => 'x'.repeat(1000)) }),
  '400 EntityTooLarge',
);

const guarded = await TrialBucket.create(target, 'public-read');
await guarded.put('picture.png', 'pixels');
const putLists = async (given: Lists) => {
  const answer = await guarded.sendSigned({ method: 'PUT', path: '/?referer', body: lists(given) });
  assert.equal(answer.status, 200, answer.text);
};
const from = (page: string | undefined) => ({
  method: 'GET',
  path: '/picture.png',
  ...(page !== undefined && { headers: { referer: page } }),
});
const white = {
  empty: false,
  white: ['https://app.example.com', 'http://*.example.org'],
  black: ['https://app.example.com/bad'],
};
/** Of an unsigned read, by the page it comes from. */
const readers: [page: string | undefined, outcome: 200 | `403 AccessDenied ${string}`][] = [
  ['https://app.example.com/', 200],
  ['https://app.example.com/folder/page.html?a=b', 200],
  ['https://APP.example.com', 200],
  ['http://x.example.org/', 200],
  ['https://app.example.com/bad/page', '403 AccessDenied 0003-00000502'],
  ['https://app.example.com.evil.net/', '403 AccessDenied 0003-00000503'],
  ['https://evil.net/https://app.example.com/', '403 AccessDenied 0003-00000503'],
  ['http://evil.net/x.example.org/', '403 AccessDenied 0003-00000503'],
  ['http://app.example.com/', '403 AccessDenied 0003-00000503'],
  [undefined, '403 AccessDenied 0003-00000501'],
  ['', '403 AccessDenied 0003-00000501'],
];
for (const [page, outcome] of readers) {
  test(`referer: an unsigned read from ${page === '' ? 'an empty Referer' : (page ?? 'no page')}`, async () => {
    await putLists(white);
    const answer = await guarded.send(from(page));
    if (outcome === 200) assert.equal(answer.text, 'pixels');
    else {
      checkRefusal(answer, outcome, {
        Message: 'You are denied by bucket referer policy.',
        BucketName: guarded.name,
      });
    }
  });
}
test('referer: a signed URL is asked too, a signature in a header is not', async () => {
  await putLists(white);
  const signed = signPathV1(target, `/${guarded.name}/picture.png`).slice(`/${guarded.name}`.length);
  checkRefusal(await guarded.send({ method: 'GET', path: signed }), '403 AccessDenied 0003-00000501');
  const headers = { referer: 'https://app.example.com/' };
  assert.equal((await guarded.send({ method: 'GET', path: signed, headers })).text, 'pixels');
  assert.equal((await guarded.get('picture.png')).text, 'pixels');
});
test('referer: HEAD is asked as GET is', async () => {
  await putLists(white);
  assert.equal((await guarded.send({ ...from(undefined), method: 'HEAD' })).status, 403);
});
test('referer: without a whitelist only the blacklist counts', async () => {
  await putLists({ empty: false, black: ['https://bad.example.com'] });
  assert.equal((await guarded.send(from('https://any.example.com/'))).status, 200);
  assert.equal((await guarded.send(from(undefined))).status, 200);
  checkRefusal(await guarded.send(from('https://bad.example.com/x')), '403 AccessDenied 0003-00000502');
});

// --- Encryption ---

const encryption = await openConfigurationTrials(target, 'encryption');
const encrypted = (...elements: string[]) =>
  `<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault>${elements.join('')}</ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>`;
const aes = '<SSEAlgorithm>AES256</SSEAlgorithm>';
const kms = '<SSEAlgorithm>KMS</SSEAlgorithm>';
const keyId = '<KMSMasterKeyID>9468da86-3509-4f8d-a61e-6eab1eac****</KMSMasterKeyID>';
const data = '<KMSDataEncryption>SM4</KMSDataEncryption>';

encryption.begins({ refusal: '404 NoSuchServerSideEncryptionRule' });
encryption.isForOwnersOnly(['PUT', 'GET', 'DELETE']);
encryption.keeps('KMS with a key', encrypted(kms, keyId, data));
encryption.keeps('SM4', encrypted('<SSEAlgorithm>SM4</SSEAlgorithm>'));
encryption.keeps('AES256', encrypted(aes));
encryption.keeps('an empty KMSMasterKeyID', encrypted(aes, '<KMSMasterKeyID/>'), encrypted(aes));
const unknown = '400 InvalidEncryptionAlgorithmError';
encryption.refuses('another algorithm', encrypted('<SSEAlgorithm>DES</SSEAlgorithm>'), unknown);
encryption.refuses('a key without KMS', encrypted(aes, keyId), unknown);
encryption.refuses('no algorithm', encrypted(), malformed);
encryption.refuses('no rule', '<ServerSideEncryptionRule/>', malformed);
encryption.refuses(
  'a key id that no header can carry',
  encrypted(kms, '<KMSMasterKeyID>钥</KMSMasterKeyID>'),
  malformed,
);

const algorithmOf = (answer: { headers: Record<string, unknown> }) =>
  answer.headers['x-oss-server-side-encryption'];
test('encryption: what a bucket says is echoed with every object that says nothing', async () => {
  const { bucket, put } = encryption;
  await put(encrypted(kms, keyId));
  const stored = await bucket.put('by-put');
  assert.equal(algorithmOf(stored), 'KMS');
  assert.equal(stored.headers['x-oss-server-side-encryption-key-id'], '9468da86-3509-4f8d-a61e-6eab1eac****');
  assert.equal(algorithmOf(await bucket.post({ fields: { key: 'by-form' } })), 'KMS');
  const source = { 'x-oss-copy-source': `/${bucket.name}/by-put` };
  assert.equal(algorithmOf(await bucket.put('by-copy', '', source)), 'KMS');
  assert.equal(algorithmOf(await bucket.get('by-form')), 'KMS');
});
test('encryption: an object that says something keeps to it', async () => {
  const { bucket, put } = encryption;
  await put(encrypted(kms, keyId));
  const stored = await bucket.put('own', 'x', { 'x-oss-server-side-encryption': 'AES256' });
  assert.equal(algorithmOf(stored), 'AES256');
  assert.equal(stored.headers['x-oss-server-side-encryption-key-id'], undefined);
});
test('encryption: a rule that is removed no longer counts', async () => {
  const { bucket, put } = encryption;
  await put(encrypted(aes));
  assert.equal((await bucket.sendSigned({ method: 'DELETE', path: '/?encryption' })).status, 204);
  assert.equal(algorithmOf(await bucket.put('plain')), undefined);
});

// --- Logging ---

const logging = await openConfigurationTrials(target, 'logging');
const logInto = (bucket: string, prefix: string) =>
  `<BucketLoggingStatus><LoggingEnabled><TargetBucket>${bucket}</TargetBucket><TargetPrefix>${prefix}</TargetPrefix></LoggingEnabled></BucketLoggingStatus>`;
const noLog = '<BucketLoggingStatus></BucketLoggingStatus>';

logging.begins({ document: noLog });
logging.isForOwnersOnly(['PUT', 'GET', 'DELETE']);
logging.keeps('another bucket of the owner', logInto(guarded.name, 'log/'));
logging.keeps('the bucket itself, without a prefix', logInto(logging.bucket.name, ''));
logging.keeps('an empty document turns it off', noLog);
logging.refuses(
  'a bucket that is not there',
  logInto(`${guarded.name}-2`, ''),
  '400 InvalidTargetBucketForLogging',
);
logging.refuses('a name that no bucket has', logInto('No!', ''), '400 InvalidTargetBucketForLogging');
logging.refuses(
  'a prefix that begins with a slash',
  logInto(guarded.name, '/log'),
  '400 InvalidArgument 0032-00000005',
);
logging.refuses('no target', '<BucketLoggingStatus><LoggingEnabled/></BucketLoggingStatus>', malformed);
test('logging: DELETE turns it off', async () => {
  await logging.put(logInto(guarded.name, ''));
  assert.equal((await logging.bucket.sendSigned({ method: 'DELETE', path: '/?logging' })).status, 204);
  assert.equal(squeeze((await logging.get()).text), noLog);
});

// --- Who pays ---

const payment = await openConfigurationTrials(target, 'requestPayment');
const paidBy = (payer: string) =>
  `<RequestPaymentConfiguration><Payer>${payer}</Payer></RequestPaymentConfiguration>`;

payment.begins({ document: paidBy('BucketOwner') });
payment.isForOwnersOnly(['PUT', 'GET']);
payment.keeps('the requester', paidBy('Requester'));
payment.keeps('the owner', paidBy('BucketOwner'));
payment.refuses('somebody else', paidBy('Nobody'), malformed);
payment.refuses('nobody', '<RequestPaymentConfiguration/>', malformed);
test('requestPayment: whoever does not sign is refused, the owner is not', async () => {
  const open = await TrialBucket.create(target, 'public-read-write');
  const key = newKey();
  await open.put(key);
  await open.sendSigned({ method: 'PUT', path: '/?requestPayment', body: paidBy('Requester') });
  const refused = '403 AccessDenied 0003-00000701';
  const message = { Message: 'Access denied for requester pay bucket' };
  checkRefusal(await open.send({ method: 'GET', path: `/${key}` }), refused, message);
  checkRefusal(await open.send({ method: 'GET', path: '/' }), refused, message);
  checkRefusal(await open.post({ signed: 'not' }), refused, message);
  assert.equal((await open.get(key)).text, 'old');
});

// --- Public access ---

const block = await openConfigurationTrials(target, 'publicAccessBlock');
const blocked = (isBlocked: boolean | string) =>
  `<PublicAccessBlockConfiguration><BlockPublicAccess>${isBlocked}</BlockPublicAccess></PublicAccessBlockConfiguration>`;

block.begins({ document: blocked(false) });
block.isForOwnersOnly(['PUT', 'GET', 'DELETE']);
block.keeps('on', blocked(true));
block.keeps('off', blocked(false));
block.refuses('neither', blocked('perhaps'), malformed);
test('publicAccessBlock: what is public counts as private, and nothing can be made public', async () => {
  const open = await TrialBucket.create(target, 'public-read-write');
  const key = newKey();
  await open.put(key, 'old', { 'x-oss-object-acl': 'public-read' });
  assert.equal((await open.send({ method: 'GET', path: `/${key}` })).status, 200);
  const path = '/?publicAccessBlock';
  assert.equal((await open.sendSigned({ method: 'PUT', path, body: blocked(true) })).status, 200);
  checkRefusal(await open.send({ method: 'GET', path: `/${key}` }), '403 AccessDenied');
  checkRefusal(await open.post({ signed: 'not' }), '403 AccessDenied');
  const refused = '403 AccessDenied 0016-00000901';
  const acl = { 'x-oss-object-acl': 'public-read' };
  const object = { Message: 'Put public object acl is not allowed' };
  checkRefusal(await open.put(key, 'new', acl), refused, object);
  checkRefusal(await open.post({ fields: acl }), refused, object);
  checkRefusal(await open.sendSigned({ method: 'PUT', path: `/${key}?acl`, headers: acl }), refused, object);
  const bucketAcl = { 'x-oss-acl': 'public-read' };
  checkRefusal(await open.sendSigned({ method: 'PUT', path: '/?acl', headers: bucketAcl }), refused);
  assert.equal((await open.put(key, 'new', { 'x-oss-object-acl': 'private' })).status, 200);
  assert.equal((await open.sendSigned({ method: 'DELETE', path })).status, 204);
  assert.equal((await open.send({ method: 'GET', path: '/' })).status, 200);
});

// What the fields of a form do (PostObject reference, "Form elements"): the object's headers and metadata, its class, access and
// encryption, fields that mean nothing, and the bounds of names and values.

import { fieldPart, fieldParts, filePart, rawContentType, writeParts } from '../raw-form.ts';
import { openTrials, type TrialBucket } from '../trial-bucket.ts';

const { accepts, refuses } = await openTrials();

// --- Headers that come back with the object ---

const stored: [name: string, value: string][] = [
  ['Cache-Control', 'max-age=60'],
  ['Content-Disposition', 'attachment; filename="a b.txt"'],
  ['Content-Encoding', 'identity-x'],
  ['Expires', 'Wed, 01 Jan 2031 00:00:00 GMT'],
  ['x-oss-meta-Owner', 'Zhang San'],
  ['x-oss-meta-empty', ''],
];
for (const [name, value] of stored) {
  const stores = { [name.toLowerCase()]: value };
  accepts(`${name} comes back with the object`, { fields: { [name]: value } }, { stores });
}
accepts(
  'an Expires that is no date is not judged',
  { fields: { Expires: 'tomorrow' } },
  { stores: { expires: 'tomorrow' } },
);
accepts(
  'empty header fields are the same as none',
  { fields: { 'Cache-Control': '', 'Content-Disposition': '', 'Content-Encoding': '', Expires: '' } },
  { stores: { 'cache-control': undefined, 'content-disposition': undefined, expires: undefined } },
);
accepts(
  'request headers of the same names are not stored',
  { headers: { 'cache-control': 'no-store', 'x-oss-meta-a': '1', expires: 'now' } },
  { stores: { 'cache-control': undefined, 'x-oss-meta-a': undefined, expires: undefined } },
);
refuses(
  'a line break in a stored header',
  { fields: { 'Cache-Control': 'a\r\nSet-Cookie: b' } },
  '400 InvalidArgument',
);

const metaBytesMax = 8 * 1024;
accepts(
  'user metadata of 8 KB in sum',
  {
    fields: {
      'x-oss-meta-ab': 'x'.repeat(metaBytesMax / 2 - 2),
      'x-oss-meta-cd': 'y'.repeat(metaBytesMax / 2 - 2),
    },
  },
  { stores: { 'x-oss-meta-ab': 'x'.repeat(metaBytesMax / 2 - 2) } },
);
refuses(
  'user metadata of more than 8 KB in sum',
  {
    fields: { 'x-oss-meta-ab': 'x'.repeat(metaBytesMax / 2), 'x-oss-meta-cd': 'y'.repeat(metaBytesMax / 2) },
  },
  '400 InvalidArgument',
);

// --- Storage class, encryption ---

for (const storageClass of ['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive']) {
  accepts(
    `x-oss-storage-class ${storageClass}`,
    { fields: { 'x-oss-storage-class': storageClass } },
    { stores: { 'x-oss-storage-class': storageClass }, isArchived: storageClass.endsWith('Archive') },
  );
}
accepts(
  'without x-oss-storage-class the bucket decides',
  {},
  { stores: { 'x-oss-storage-class': 'Standard' } },
);
refuses('an unknown storage class', { fields: { 'x-oss-storage-class': 'Cold' } }, '400 InvalidArgument');
refuses(
  'a storage class in the wrong case',
  { fields: { 'x-oss-storage-class': 'standard' } },
  '400 InvalidArgument',
);

const sse = 'x-oss-server-side-encryption';
const keyId = 'x-oss-server-side-encryption-key-id';
const dataEncryption = 'x-oss-server-side-data-encryption';
for (const algorithm of ['AES256', 'KMS', 'SM4']) {
  const said = { [sse]: algorithm };
  accepts(`encryption with ${algorithm} is told back`, { fields: said }, { replies: said, stores: said });
}
const withKey = { [sse]: 'KMS', [keyId]: '9468da86-3509-4f8d-a61e-6eab1eac', [dataEncryption]: 'SM4' };
accepts('a KMS key id and SM4 data encryption', { fields: withKey }, { replies: withKey, stores: withKey });
refuses('an unknown encryption', { fields: { [sse]: 'AES128' } }, '400 InvalidEncryptionAlgorithmError');
refuses(
  'a key id without KMS',
  { fields: { [sse]: 'AES256', [keyId]: 'x' } },
  '400 InvalidEncryptionAlgorithmError',
);
refuses(
  'an unknown data encryption',
  { fields: { [sse]: 'KMS', [dataEncryption]: 'AES' } },
  '400 InvalidDataEncryptionAlgorithmError',
);

// --- Fields that mean nothing ---

accepts('an empty callback is none', { fields: { callback: '' } });
accepts('an empty security token is none', { fields: { 'x-oss-security-token': '' } });
accepts('an empty redirect is none', { fields: { success_action_redirect: '' } });
accepts('variables of a callback that is not asked for', { fields: { 'x:var': 'value' } });
accepts(
  'Content-MD5 is no field',
  { fields: { 'Content-MD5': 'AAAA' } },
  { replies: { 'content-md5': 'XUFAKrxLKna5cZ2REBfFkg==' } },
);
accepts('a field called bucket is only a field', { fields: { bucket: 'another' } });

// --- Bounds ---

const nameMax = 8 * 1024;
const valueMax = 2 * 1024 * 1024;

/** A right form with this field besides. Its name may be too long for an ordinary one. */
function withField(name: string, value: string, ...more: [name: string, value: string][]) {
  return (to: TrialBucket) => {
    const all = [...fieldParts(to.fields({})), fieldPart(name, value)];
    const body = writeParts([...all, ...more.map(([n, v]) => fieldPart(n, v)), filePart()]);
    return to.postBody(body, { 'content-type': rawContentType });
  };
}

accepts('a field name of 8 KB', { fields: { ['n'.repeat(nameMax)]: 'x' } });
refuses(
  'a field name over 8 KB',
  withField('n'.repeat(nameMax + 1), 'x'),
  '400 FieldItemTooLong 0006-00000110',
  {
    Message: 'Your name of form field is too long.',
    MaxSizeAllowed: '8192',
    ProposedSize: '8193',
  },
);
refuses('a field name of 100 KB', withField('n'.repeat(100_000), 'x'), '400 FieldItemTooLong 0006-00000110', {
  MaxSizeAllowed: '8192',
});
accepts('a field value of 2 MB', { fields: { note: 'v'.repeat(valueMax) } });
refuses(
  'a field value over 2 MB',
  withField('note', 'v'.repeat(valueMax + 1)),
  '400 FieldItemTooLong 0006-00000111',
  {
    MaxSizeAllowed: String(valueMax),
  },
);
const four = (bytes: number) => ['b', 'c', 'd'].map((name): [string, string] => [name, 'v'.repeat(bytes)]);
refuses(
  'values before the file over 8 MB in sum',
  withField('a', 'v'.repeat(valueMax), ...four(valueMax)),
  '400 MaxPOSTPreDataLengthExceededError 0006-00000112',
  { Message: 'Your POST request fields preceding the upload file were too large.' },
);
accepts('values before the file of nearly 8 MB in sum', {
  fields: { a: 'v'.repeat(valueMax), ...Object.fromEntries(four(valueMax - 4096)) },
});

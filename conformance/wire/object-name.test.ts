// The name an object gets: the `key` field and `${filename}` in it (PostObject reference, "key"; OSS naming rules). Conditions see the
// key as it was sent, `${filename}` included; the naming rules see what became of it.

import { openTrials, type TrialForm } from '../trial-bucket.ts';

const { accepts, refuses } = await openTrials();

// --- Names ---

for (const key of [
  'a',
  'user/eric/MyFilename.txt',
  'folder/',
  'a//b',
  './a',
  'a/../b',
  '..',
  'a b+c&d=e?f#g%41.txt',
  '简历/张三.txt',
  '😀',
  'quote\'"<>`',
  'x'.repeat(1023),
  '张'.repeat(341),
]) {
  accepts(`${key.slice(0, 40)} (${Buffer.byteLength(key)} bytes) is a name`, { fields: { key } });
}

const notValid = { Message: 'The specified object is not valid.' };
const tooLong = { Message: 'The Length of Object name must be less than 1024.' };
const empty = { Message: 'The Object name can not be empty.' };
refuses('an empty key', { fields: { key: '' } }, '400 InvalidObjectName', empty);
refuses('a key that begins with a slash', { fields: { key: '/a' } }, '400 InvalidObjectName', notValid);
refuses('a key that begins with a backslash', { fields: { key: '\\a' } }, '400 InvalidObjectName', notValid);
refuses('a key of 1024 bytes', { fields: { key: 'x'.repeat(1024) } }, '400 InvalidObjectName', tooLong);
refuses(
  'a key of 342 characters and 1026 bytes',
  { fields: { key: '张'.repeat(342) } },
  '400 InvalidObjectName',
  tooLong,
);
refuses('no key', { without: ['key'] }, '400 InvalidArgument 0006-00000103', {
  Message:
    "The bucket POST must contain the specified 'key'. If it is specified, please check the order of the fields",
});
refuses('no key in a form with V4', { signed: 'v4', without: ['key'] }, '400 InvalidArgument 0006-00000103');

// --- ${filename} ---

const named = (key: string, fileName: string | undefined): TrialForm => ({
  fields: { key },
  file: { fileName },
});
const expansions: [key: string, fileName: string | undefined, name: string][] = [
  ['user/${filename}', 'b.jpg', 'user/b.jpg'],
  ['paths/${filename}', 'a/b/c/b.jpg', 'paths/b.jpg'],
  ['windows/${filename}', 'C:\\photos\\b.jpg', 'windows/b.jpg'],
  ['twice/${filename}/${filename}', 'b.jpg', 'twice/b.jpg/b.jpg'],
  ['${filename}', 'alone.jpg', 'alone.jpg'],
  ['chinese/${filename}', '简历.pdf', 'chinese/简历.pdf'],
  ['quote/${filename}', 'a"b.txt', 'quote/a"b.txt'],
  ['pattern/${filename}', '$&.txt', 'pattern/$&.txt'],
  ['once/${filename}', '${filename}', 'once/${filename}'],
  ['none/${filename}', undefined, 'none/'],
  ['empty/${filename}', '', 'empty/'],
  ['a local name never names the object', 'b.jpg', 'a local name never names the object'],
  ['case/${FILENAME}', 'b.jpg', 'case/${FILENAME}'],
  ['dollar/$filename', 'b.jpg', 'dollar/$filename'],
];
for (const [key, fileName, name] of expansions) {
  accepts(`${key} with the file ${fileName} is stored as ${name}`, named(key, fileName), { key: name });
}
accepts(
  '${filename} is expanded in the key alone',
  { fields: { 'x-oss-meta-name': '${filename}' }, file: { fileName: 'b.jpg' } },
  { stores: { 'x-oss-meta-name': '${filename}' } },
);
refuses('a key that is empty once expanded', named('${filename}', ''), '400 InvalidObjectName', empty);
refuses(
  'a key that is too long once expanded',
  named(`${'x'.repeat(1020)}${'${filename}'}`, 'abcd'),
  '400 InvalidObjectName',
  tooLong,
);
accepts('a key that is short enough once expanded', named(`${'x'.repeat(1018)}${'${filename}'}`, 'a.txt'), {
  key: `${'x'.repeat(1018)}a.txt`,
});

// --- Conditions see the key as it was sent ---

const under = (conditions: readonly unknown[]): TrialForm => ({
  ...named('user/${filename}', 'b.jpg'),
  policy: { conditions },
});
const expanded = { key: 'user/b.jpg' };
accepts('starts-with on what stands before ${filename}', under([['starts-with', '$key', 'user/']]), expanded);
accepts('eq on the key with its ${filename}', under([['eq', '$key', 'user/${filename}']]), expanded);
accepts('in on the key with its ${filename}', under([['in', '$key', ['user/${filename}']]]), expanded);
refuses('eq on the expanded name', under([['eq', '$key', 'user/b.jpg']]), '403 AccessDenied 0006-00000227', {
  Message: 'Invalid according to Policy: Policy Condition failed: ["eq", "$key", "user/b.jpg"]',
});
refuses(
  'starts-with that reaches into the expanded name',
  under([['starts-with', '$key', 'user/b']]),
  '403 AccessDenied 0006-00000227',
);
refuses(
  'starts-with on a file name when the key is ${filename}',
  { ...named('${filename}', 'foo.txt'), policy: { conditions: [['starts-with', '$key', 'foo']] } },
  '403 AccessDenied 0006-00000227',
);

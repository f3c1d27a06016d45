// Users, keys, roles and policies as a value: what each change does, and why it is refused. A history is a list of changes to an empty book.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  addAccessKey,
  addRole,
  addUser,
  attachPolicy,
  detachPolicy,
  emptyBook,
  getKey,
  getPolicy,
  getRole,
  getUser,
  holdersOf,
  type IdentityBook,
  IdentityError,
  identityLimits,
  putPolicy,
  removeAccessKey,
  removePolicy,
  removeRole,
  removeUser,
  setAccessKeyStatus,
  setRoleTerms,
} from '../src/identities/identity-book.ts';
import { IdentityIndex } from '../src/identities/identity-index.ts';

type Change = (book: IdentityBook) => IdentityBook;

const document = JSON.stringify({
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: 'oss:GetObject', Resource: '*' }],
});

const user =
  (name: string): Change =>
  (book) =>
    addUser(book, name, { id: `id-of-${name}`, nowMs: 1 });
const key =
  (of: string, accessKeyId: string): Change =>
  (book) =>
    addAccessKey(book, of, { accessKeyId, accessKeySecret: 'secret', createdAtMs: 2 });
const role =
  (name: string, trustedUsers: readonly string[] = [], maxSessionSeconds = 3600): Change =>
  (book) =>
    addRole(book, name, { trustedUsers, maxSessionSeconds }, { id: `id-of-${name}`, nowMs: 3 });
const policy =
  (name: string, text = document, replace = false): Change =>
  (book) =>
    putPolicy(book, name, text, { nowMs: 4, replace });

const after = (...changes: readonly Change[]) => changes.reduce((book, change) => change(book), emptyBook);

suite('what a change does', () => {
  test('a user begins with nothing', () => {
    const expected = { id: 'id-of-alice', name: 'alice', createdAtMs: 1, policies: [], accessKeys: [] };
    assert.deepEqual(getUser(after(user('alice')), 'alice'), expected);
  });

  test('keys are made, disabled, enabled and removed', () => {
    const made = after(user('alice'), key('alice', 'A'), key('alice', 'B'));
    assert.equal(getKey(made, 'A').key.status, 'enabled');
    const disabled = setAccessKeyStatus(made, 'A', 'disabled');
    assert.equal(getKey(disabled, 'A').key.status, 'disabled');
    assert.equal(getKey(disabled, 'B').key.status, 'enabled');
    assert.equal(getKey(setAccessKeyStatus(disabled, 'A', 'enabled'), 'A').key.status, 'enabled');
    const left = getUser(removeAccessKey(disabled, 'A'), 'alice').accessKeys;
    assert.deepEqual(
      left.map(({ accessKeyId }) => accessKeyId),
      ['B'],
    );
  });

  test('a user who goes is trusted no more, even under the same name', () => {
    const before = after(user('alice'), user('bob'), role('r', ['alice', 'bob', 'alice']));
    assert.deepEqual(getRole(before, 'r').trustedUsers, ['id-of-alice', 'id-of-bob']);
    assert.deepEqual(getRole(removeUser(before, 'alice'), 'r').trustedUsers, ['id-of-bob']);
  });

  test('the terms of a role change one by one', () => {
    const before = after(user('alice'), role('r', ['alice']));
    const longer = setRoleTerms(before, 'r', { maxSessionSeconds: 7200 });
    assert.deepEqual(getRole(longer, 'r').trustedUsers, ['id-of-alice']);
    assert.equal(getRole(longer, 'r').maxSessionSeconds, 7200);
    const open = setRoleTerms(longer, 'r', { trustedUsers: ['*'] });
    assert.deepEqual(getRole(open, 'r').trustedUsers, ['*']);
    assert.equal(getRole(open, 'r').maxSessionSeconds, 7200);
  });

  test('policies are attached once, replaced while they are, and detached', () => {
    const attached = after(user('alice'), role('r'), policy('p'), (book) =>
      attachPolicy(attachPolicy(attachPolicy(book, 'p', { user: 'alice' }), 'p', { user: 'alice' }), 'p', {
        role: 'r',
      }),
    );
    assert.deepEqual(holdersOf(attached, 'p'), ['user alice', 'role r']);
    const replaced = policy('p', ` ${document}`, true)(attached);
    assert.equal(getPolicy(replaced, 'p').document, ` ${document}`);
    const detached = detachPolicy(detachPolicy(replaced, 'p', { user: 'alice' }), 'p', { role: 'r' });
    assert.deepEqual(removePolicy(detached, 'p').policies, []);
  });

  test('the policies of the system are there without being made', () => {
    const book = after(user('alice'), (before) =>
      attachPolicy(before, 'AliyunOSSReadOnlyAccess', { user: 'alice' }),
    );
    assert.deepEqual(getUser(book, 'alice').policies, ['AliyunOSSReadOnlyAccess']);
  });
});

suite('why a change is refused', () => {
  const many = Array.from({ length: identityLimits.attached + 1 }, (_, i) => policy(`p${i}`));
  const cases: readonly (readonly [changes: readonly Change[], reason: RegExp])[] = [
    [[user('')], /a name has 1 to 64/],
    [[user('a b')], /"a b": a name has/],
    [[user('../x')], /a name has/],
    [[user('a'.repeat(65))], /a name has/],
    [[user('alice'), user('alice')], /there is a user alice already/],
    [[(book) => removeUser(book, 'alice')], /there is no user alice/],
    [[key('alice', 'A')], /there is no user alice/],
    [[user('a'), key('a', 'A'), key('a', 'B'), key('a', 'C')], /has two access keys already \(A and B\)/],
    [[user('a'), user('b'), key('a', 'A'), key('b', 'A')], /there is an access key A already/],
    [[(book) => setAccessKeyStatus(book, 'A', 'enabled')], /no user has the access key A/],
    [[(book) => removeAccessKey(book, 'A')], /no user has the access key A/],
    [[role('r', ['nobody'])], /there is no user nobody/],
    [[role('r', [], 3599)], /3600 to 43200 seconds/],
    [[role('r', [], 43_201)], /3600 to 43200 seconds/],
    [[role('r'), role('r')], /there is a role r already/],
    [[(book) => removeRole(book, 'r')], /there is no role r/],
    [[policy('p', '{}')], /the policy p cannot be used: Version must be/],
    [[policy('p'), policy('p')], /there is a policy p already/],
    [[policy('p', document, true)], /there is no policy p/],
    [[policy('AliyunOSSFullAccess')], /every store has/],
    [[(book) => removePolicy(book, 'AliyunOSSFullAccess')], /every store has/],
    [[(book) => removePolicy(book, 'p')], /there is no policy p/],
    [[user('a'), (book) => attachPolicy(book, 'p', { user: 'a' })], /there is no policy p/],
    [[policy('p'), (book) => attachPolicy(book, 'p', { user: 'a' })], /there is no user a/],
    [
      [user('a'), policy('p'), (book) => detachPolicy(book, 'p', { user: 'a' })],
      /the policy p is not attached there/,
    ],
    [
      [user('a'), policy('p'), (book) => removePolicy(attachPolicy(book, 'p', { user: 'a' }), 'p')],
      /the policy p is attached to user a/,
    ],
    [
      [
        user('a'),
        ...many,
        (book) => many.reduce((before, _, i) => attachPolicy(before, `p${i}`, { user: 'a' }), book),
      ],
      /no more than 20 policies/,
    ],
  ];
  for (const [changes, reason] of cases) {
    test(String(reason), () =>
      assert.throws(
        () => after(...changes),
        (error) => error instanceof IdentityError && reason.test(error.message),
      ),
    );
  }
});

test('an index finds users by key and roles by id and name', () => {
  const index = new IdentityIndex(
    after(user('alice'), key('alice', 'A'), role('r'), policy('p'), (book) =>
      attachPolicy(book, 'p', { user: 'alice' }),
    ),
  );
  assert.equal(index.findAccessKey('A')?.user.name, 'alice');
  assert.equal(index.findAccessKey('A')?.policies.length, 1);
  assert.equal(index.findAccessKey('a'), undefined);
  assert.equal(index.findRole('id-of-r')?.role.name, 'r');
  assert.equal(index.findRoleNamed('r')?.role.id, 'id-of-r');
  const lost: IdentityBook = {
    ...emptyBook,
    roles: [{ ...getRole(after(role('r')), 'r'), policies: ['gone'] }],
  };
  assert.throws(() => new IdentityIndex(lost), /the policy gone is attached and not there/);
});

// What clients share: that each limit holds for all and for one address, and that what was taken comes back.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { OssError } from '@postern/protocol';
import { FreeSpace } from '../src/http/free-space.ts';
import { defaultLoadLimits, Load, type LoadLimits, networkOf } from '../src/http/load.ts';

const alice = '203.0.113.1';
const bob = '203.0.113.2';
const carol = '203.0.113.3';

const loadOf = (limits: Partial<LoadLimits>, freeSpace?: FreeSpace) =>
  new Load({ ...defaultLoadLimits, ...limits }, freeSpace);

/** The row of the refusal and when to try again, or `ok`. */
async function outcome(act: () => void | Promise<void>): Promise<string> {
  try {
    await act();
    return 'ok';
  } catch (error) {
    if (!(error instanceof OssError)) throw error;
    return `${error.status} ${error.row} ${error.headers['retry-after']}`;
  }
}

const busy = '503 ServiceUnavailable 5';
const full = '503 ServiceUnavailable.space 60';

suite('connections', () => {
  const admit = (load: Load, addresses: readonly string[]) =>
    addresses.map((address) => (load.admitConnection(address) ? 'in' : 'out')).join(' ');

  test('one address has its part, the others the rest', () => {
    const load = loadOf({ connectionsMax: 3, connectionsPerAddressMax: 2 });
    assert.equal(admit(load, [alice, alice, alice, bob, carol]), 'in in out in out');
  });
  test('one that is gone makes room', () => {
    const load = loadOf({ connectionsMax: 1 });
    load.admitConnection(alice)?.();
    assert.equal(admit(load, [bob, alice]), 'in out');
  });
});

suite('fields', () => {
  test('one address has its part, the others the rest', async () => {
    const load = loadOf({ fieldBytesMax: 150, fieldBytesPerAddressMax: 100 });
    const [first, second, other] = [load.enter(alice), load.enter(alice), load.enter(bob)];
    assert.equal(await outcome(() => first.holdFields(60)), 'ok');
    assert.equal(await outcome(() => second.holdFields(41)), busy);
    assert.equal(await outcome(() => other.holdFields(90)), 'ok');
    assert.equal(await outcome(() => other.holdFields(91)), busy);
    first.leave();
    assert.equal(await outcome(() => second.holdFields(41)), 'ok');
  });
  test('what counts is all that a request holds, not the sum of what it said', async () => {
    const load = loadOf({ fieldBytesMax: 100 });
    const request = load.enter(alice);
    for (const bytes of [50, 100, 20, 100])
      assert.equal(await outcome(() => request.holdFields(bytes)), 'ok');
    assert.equal(await outcome(() => request.holdFields(101)), busy);
  });
});

suite('uploads', () => {
  test('one address has its part, the others the rest', async () => {
    const load = loadOf({ uploadsMax: 2, uploadsPerAddressMax: 1 });
    const begin = (address: string) => outcome(() => load.enter(address).admitUpload(0));
    assert.deepEqual(
      [await begin(alice), await begin(alice), await begin(bob), await begin(carol)],
      ['ok', busy, 'ok', busy],
    );
  });
  test('one that is over makes room, one that was refused makes none', async () => {
    const load = loadOf({ uploadsMax: 1 });
    const [first, refused, next] = [load.enter(alice), load.enter(alice), load.enter(alice)];
    await first.admitUpload(0);
    assert.equal(await outcome(() => refused.admitUpload(0)), busy);
    refused.leave();
    assert.equal(await outcome(() => next.admitUpload(0)), busy);
    first.leave();
    assert.equal(await outcome(() => next.admitUpload(0)), 'ok');
  });
});

suite('free space', () => {
  const disk = { freeBytes: 0, measurements: 0, nowMs: 1_000_000 };
  const measure = async () => {
    disk.measurements++;
    return disk.freeBytes;
  };
  const freeSpace = new FreeSpace({ freeBytesMin: 1000, measure, clock: () => disk.nowMs });
  const load = loadOf({}, freeSpace);
  for (const [what, freeBytes, bytes, expected] of [
    ['more than enough', 5000, 0, 'ok'],
    ['just enough', 1000, 0, 'ok'],
    ['too little', 999, 0, full],
    ['enough, but not for that much', 5000, 4001, full],
    ['enough for just that much', 5000, 4000, 'ok'],
  ] as const)
    test(what, async () => {
      Object.assign(disk, { freeBytes, nowMs: disk.nowMs + 2000 });
      assert.equal(await outcome(() => load.enter(alice).admitUpload(bytes)), expected);
    });
  test('is measured every two seconds at most, and again when the clock was set back', async () => {
    const ask = () => outcome(() => freeSpace.checkRoom(0));
    const measured: number[] = [];
    for (const stepMs of [2000, 0, 1999, 1, -5000]) {
      disk.nowMs += stepMs;
      await ask();
      measured.push(disk.measurements);
    }
    const [before = 0] = measured;
    assert.deepEqual(measured, [before, before, before, before + 1, before + 2]);
  });
});

suite('who counts as one client', () => {
  for (const [address, network] of [
    ['203.0.113.1', '203.0.113.1'],
    ['::ffff:203.0.113.1', '203.0.113.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2:ffff::1', '2001:db8:1:2'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['fe80::1%br-5e3f.100', 'fe80:0:0:0'],
    ['', ''],
  ] as const)
    test(address || 'nobody knows', () => assert.equal(networkOf(address), network));
});

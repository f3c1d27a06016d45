// Which addresses and ports a callback may reach.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AddressReach, isCallbackPort, reachOf } from '../src/callback/callback-address.ts';

const ADDRESSES: Readonly<Record<AddressReach, readonly string[]>> = {
  public: ['8.8.8.8', '1.1.1.1', '121.101.166.30', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'],
  private: [
    '127.0.0.1',
    '127.255.255.254',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '100.100.100.200',
    '168.63.129.16',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '::ffff:169.254.169.254',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd00:ec2::254',
  ],
  never: [
    '0.0.0.0',
    '0.1.2.3',
    '255.255.255.255',
    '224.0.0.1',
    '239.255.255.250',
    '240.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '::',
    '::7f00:1',
    'ff02::1',
    'fec0::1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1',
    '100::1',
    '4000::1',
    'app.example',
    '',
  ],
};

for (const [reach, addresses] of Object.entries(ADDRESSES)) {
  for (const address of addresses) {
    test(`${address || 'nothing'} is ${reach}`, () => assert.equal(reachOf(address), reach));
  }
}

const PORTS: readonly [open: boolean, ...urls: string[]][] = [
  [true, 'http://a', 'https://a', 'http://a:443', 'https://a:80', 'http://a:1024', 'http://a:3000'],
  [true, 'http://a:8080', 'http://a:9000', 'http://a:9090', 'http://a:65535'],
  [false, 'http://a:0', 'http://a:1', 'http://a:22', 'http://a:25', 'http://a:81', 'http://a:1023'],
  [false, 'http://a:6379', 'http://a:11211', 'http://a:9200', 'http://a:5432', 'http://a:3306'],
  [false, 'http://a:27017', 'http://a:2375', 'http://a:2379', 'http://a:10250'],
];

for (const [open, ...urls] of PORTS) {
  for (const url of urls) {
    test(`${url} is ${open ? 'open' : 'refused'}`, () => assert.equal(isCallbackPort(new URL(url)), open));
  }
}

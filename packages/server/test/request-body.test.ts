// The body of a request, chunk by chunk: nothing of it is lost, and the memory of large chunks is not kept until somebody collects it.

import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { Patience } from '../src/http/patience.ts';
import { RequestBody } from '../src/http/request-body.ts';

function receive(bytes: number): { message: IncomingMessage; body: RequestBody } {
  const message = new IncomingMessage(new Socket());
  message.headers = { 'content-length': String(bytes) };
  return { message, body: new RequestBody(message, new Patience(1000, 1)) };
}

test('a large chunk is freed when the next one is asked for, and not before', async () => {
  const { message, body } = receive(64 * 1024 + 3);
  message.push(Buffer.alloc(64 * 1024, 'a'));
  const first = (await body.next()).value as Uint8Array;
  assert.equal(first.length, 64 * 1024);
  assert.equal(first.at(-1), 'a'.charCodeAt(0));
  message.push(Buffer.from('end'));
  const second = (await body.next()).value as Uint8Array;
  assert.equal(first.length, 0);
  assert.equal(second.toString(), 'end');
  assert.equal((await body.next()).done, true);
});

test('memory that others have a part of is left alone', async () => {
  const { message, body } = receive(64 * 1024);
  const shared = Buffer.alloc(96 * 1024, 'a');
  message.push(shared.subarray(0, 32 * 1024));
  const first = (await body.next()).value as Uint8Array;
  message.push(shared.subarray(32 * 1024, 64 * 1024));
  await body.next();
  await body.next();
  assert.equal(first.length, 32 * 1024);
  assert.equal(shared.length, 96 * 1024);
});

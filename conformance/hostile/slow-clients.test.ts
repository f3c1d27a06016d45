// Clients that hold connections instead of using them: two hundred at once, each in one of the ways there are, while others are served
// as if nobody was there. And the opposite: who is merely slow is waited for, however long the whole takes.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setInterval as every } from 'node:timers/promises';
import { fieldParts, filePart, writeParts } from '../raw-form.ts';
import { RawConnection } from '../raw-http.ts';
import { openTarget, type Target } from '../target.ts';
import { newKey, TrialBucket } from '../trial-bucket.ts';
import { rawPost, rawRequest, summarize } from './hostile-trials.ts';

const slowClientsOfAKind = 40;
/** A byte every 100 ms: a hundredth of the least rate. */
const dripMs = 100;
const stallMs = 1_500;
const timeouts = { headersMs: stallMs, bodyStallMs: stallMs, answerStallMs: stallMs, lingerMs: 200 };

/** What is said at once, what follows byte by byte, and what it comes to; `closed`: nothing, or half an answer, and then the end. */
interface SlowKind {
  readonly what: string;
  readonly atOnce: (bucket: TrialBucket) => string;
  readonly drips?: (bucket: TrialBucket) => string;
  readonly isDeaf?: true;
  readonly comesTo: string;
}

const declared = 100_000;
const slowKinds: readonly SlowKind[] = [
  {
    what: 'headers byte by byte',
    atOnce: () => 'POST / HTTP/1.1\r\nX-A: ',
    drips: () => 'a'.repeat(1000),
    comesTo: '408 RequestTimeout',
  },
  {
    what: 'the fields of a form byte by byte',
    atOnce: (bucket) => rawPost(bucket, [`Content-Length: ${declared}`]),
    drips: formOf,
    comesTo: '400 RequestTimeout',
  },
  {
    what: 'the file of a form byte by byte, in chunks',
    atOnce: (bucket) => {
      const head = formOf(bucket).split('hello')[0] as string;
      return rawPost(bucket, ['Transfer-Encoding: chunked'], `${head.length.toString(16)}\r\n${head}\r\n`);
    },
    drips: () => '1\r\nx\r\n'.repeat(200),
    comesTo: '400 RequestTimeout',
  },
  {
    what: 'half a form and then nothing',
    atOnce: (bucket) => rawPost(bucket, [`Content-Length: ${declared}`], formOf(bucket).slice(0, -20)),
    comesTo: '400 RequestTimeout',
  },
  {
    what: 'an answer that is never read',
    atOnce: (bucket) => rawRequest(bucket, 'GET /large HTTP/1.1', []).repeat(20),
    isDeaf: true,
    comesTo: 'closed',
  },
];

test('two hundred slow clients, and others are served meanwhile', async (context) => {
  await using target = await openTarget({ timeouts });
  if (!target.isOurs) return context.skip('needs short timeouts');
  const bucket = await TrialBucket.create(target);
  await bucket.put('large', 'x'.repeat(1024 ** 2), { 'x-oss-object-acl': 'public-read' });
  const idleBytes = process.memoryUsage.rss();

  const clients = await Promise.all(
    slowKinds.flatMap((kind) =>
      Array.from({ length: slowClientsOfAKind }, () => SlowClient.open(target, bucket, kind)),
    ),
  );
  let open = clients.length;
  const ended = clients.map((client) => client.end().finally(() => open--));
  const { served, slowestMs, peakBytes } = await serveOthersWhile(() => open > 0, bucket);
  context.diagnostic(
    `${clients.length} slow clients; ${served} forms of others meanwhile, the slowest took ${Math.round(slowestMs)} ms; ` +
      `at most ${Math.round((peakBytes - idleBytes) / 1024 ** 2)} MiB more, clients included`,
  );
  for (const [at, end] of (await Promise.all(ended)).entries()) {
    const { kind } = clients[at] as SlowClient;
    assert.equal(end, kind.comesTo, kind.what);
  }
  assert.ok(served > 0);
});

/** One form after the other, each of which must go through. */
async function serveOthersWhile(isNeeded: () => boolean, bucket: TrialBucket) {
  let served = 0;
  let slowestMs = 0;
  let peakBytes = 0;
  while (isNeeded()) {
    const startedMs = performance.now();
    const { status, text } = await bucket.post({ fields: { key: 'others' } });
    assert.equal(status, 204, text);
    served++;
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }
  return { served, slowestMs, peakBytes };
}

class SlowClient {
  readonly kind: SlowKind;
  readonly #connection: RawConnection;

  private constructor(kind: SlowKind, connection: RawConnection) {
    this.kind = kind;
    this.#connection = connection;
  }

  static async open(target: Target, bucket: TrialBucket, kind: SlowKind): Promise<SlowClient> {
    const connection = await RawConnection.open(target);
    if (kind.isDeaf) connection.socket.pause();
    await connection.write(kind.atOnce(bucket));
    drip(connection, kind.drips?.(bucket) ?? '');
    return new SlowClient(kind, connection);
  }

  /** The answer, once the server has closed the connection; `closed` when there is none, or not the whole of one. */
  async end(): Promise<string> {
    const { socket } = this.#connection;
    // Who does not read does not learn either that the connection was cut, but in writing.
    const isCut = this.kind.isDeaf && writeUntilCut(socket);
    if (isCut) await isCut;
    const answers = this.kind.isDeaf ? [] : await this.#connection.remaining();
    return summarize(answers[0]);
  }
}

function drip(connection: RawConnection, text: string): void {
  let at = 0;
  const timer = setInterval(() => void connection.write(text.charAt(at++)), dripMs);
  connection.socket.on('close', () => clearInterval(timer));
}

async function writeUntilCut(socket: RawConnection['socket']): Promise<void> {
  for await (const _ of every(dripMs)) {
    if (socket.destroyed || !socket.writable) return;
    socket.write('\r\n');
  }
}

function formOf(bucket: TrialBucket): string {
  return writeParts([...fieldParts(bucket.fields({ fields: { key: newKey() } })), filePart()]);
}

test('a body faster than the least rate is waited for, many times the limit of a pause', async (context) => {
  await using target = await openTarget({ timeouts: { bodyStallMs: 600, bytesPerSecondMin: 1024 } });
  if (!target.isOurs) return context.skip('needs short timeouts');
  const bucket = await TrialBucket.create(target);
  const { status, length, text } = await postInPieces(context, bucket, { pieceBytes: 500, pieces: 100 });
  assert.equal(status, 204, text);
  assert.equal((await bucket.get('slow')).body.length, length);
});

/** 20 ms between the pieces. */
async function postInPieces(
  context: TestContext,
  bucket: TrialBucket,
  { pieceBytes, pieces }: { readonly pieceBytes: number; readonly pieces: number },
) {
  const length = pieceBytes * pieces;
  const startedMs = performance.now();
  const upload = bucket.open(bucket.fields({ fields: { key: 'slow' } }), length);
  let left = pieces;
  for await (const _ of every(20)) {
    if (left-- === 0) break;
    await upload.write('x'.repeat(pieceBytes));
  }
  upload.end(upload.tail);
  const { status, text } = await upload.answer;
  context.diagnostic(`${length} bytes in ${Math.round(performance.now() - startedMs)} ms`);
  return { status, text, length };
}

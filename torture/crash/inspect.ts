// What is to be seen of a store after a crash: every key is in a state that its model allows, every version reads back whole, both kinds
// of list agree with it, and on the disk there are the bodies of these versions and no others.

import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inlineBytesMax, segmentBodyBytesMax } from '@postern/storage';
import { sendSigned } from '../../conformance/http.ts';
import { countBlobs } from '../../conformance/process/count-blobs.ts';
import type { Key } from './client.ts';
import { bytesOf, type Content, type Contents } from './contents.ts';
import { describeState, type Version } from './key-model.ts';
import { type Bucket, buckets, servedSegmentBytes } from './names.ts';
import type { ServerChild } from './server-child.ts';

/** How long what a crash left may stay: collecting goes on in the background of a busy machine. */
const collectMsMax = 15_000;

/** A promise that was broken. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** Takes back the uploads that were broken off: they are seen by nobody, but their parts are on the disk. */
export async function abortUploads(server: ServerChild): Promise<void> {
  for (const bucket of buckets) {
    const { text } = await sendSigned(server, {
      method: 'GET',
      path: `/${bucket}/?uploads&max-uploads=1000`,
    });
    for (const [, key = '', id = ''] of text.matchAll(/<Key>(.*?)<\/Key>\s*<UploadId>(.*?)<\/UploadId>/g)) {
      const name = key.split('/').map(encodeURIComponent).join('/');
      const target = `/${bucket}/${name}?uploadId=${id}`;
      const { status } = await sendSigned(server, { method: 'DELETE', path: target });
      if (status !== 204) throw new Violation(`${target} is listed, and aborting it is answered ${status}`);
    }
  }
}

/** Narrows the models to what is there. @throws Violation, or the error of a connection that broke */
export async function inspect(server: ServerChild, keys: readonly Key[], contents: Contents): Promise<void> {
  for (const bucket of buckets) {
    const listed = await listVersions(server, bucket);
    for (const key of keys.filter((other) => other.bucket === bucket)) {
      const versions = listed.get(key.name) ?? [];
      listed.delete(key.name);
      await inspectKey(server, key, versions, contents);
    }
    const [stranger] = listed.keys();
    if (stranger !== undefined) throw new Violation(`${bucket}/${stranger} was never written`);
    await inspectList(server, bucket, keys);
  }
}

interface ListedVersion {
  readonly versionId: string;
  readonly isMarker: boolean;
  readonly isLatest: boolean;
}

async function inspectKey(
  server: ServerChild,
  key: Key,
  listed: readonly ListedVersion[],
  contents: Contents,
): Promise<void> {
  const found: Version[] = [];
  for (const [at, { versionId, isMarker, isLatest }] of listed.entries()) {
    if (isLatest !== (at === 0))
      throw new Violation(`${key.bucket}/${key.name} has the wrong newest version`);
    found.push(isMarker ? 'marker' : await readVersion(server, key, versionId, contents));
  }
  const expected = key.model.describe();
  if (!key.model.find(found)) {
    throw new Violation(`${key.bucket}/${key.name} is ${describeState(found)}, and can only be ${expected}`);
  }
}

/** @returns the number of the write that it is, the whole of it */
async function readVersion(
  server: ServerChild,
  { bucket, name }: Key,
  versionId: string,
  contents: Contents,
): Promise<number> {
  const query = versionId === 'null' ? '' : `?versionId=${encodeURIComponent(versionId)}`;
  const target = `/${bucket}/${name.split('/').map(encodeURIComponent).join('/')}${query}`;
  const { status, headers, body, text } = await sendSigned(server, { method: 'GET', path: target });
  if (status !== 200) throw new Violation(`${target} is listed, and answered ${status}: ${text}`);
  const written = Number(headers['x-oss-meta-write']);
  const type = headers['x-oss-object-type'];
  const write = type === 'Appendable' ? contents.findGrown(written, body.length) : written;
  if (write === undefined) throw new Violation(`${target} has ${body.length} bytes, which it never had`);
  if (!body.equals(bytesOf(contents.of(write))))
    throw new Violation(`${target} is not what write ${write} wrote`);
  if (type !== 'Normal') return write;
  const md5 = createHash('md5').update(body).digest('hex').toUpperCase();
  if (headers.etag !== `"${md5}"`) throw new Violation(`${target} has the ETag ${headers.etag}, not ${md5}`);
  return write;
}

/** The plain list shows the keys whose newest version is an object, and no others. */
async function inspectList(server: ServerChild, bucket: Bucket, keys: readonly Key[]): Promise<void> {
  const { text } = await sendSigned(server, { method: 'GET', path: `/${bucket}/?list-type=2&max-keys=1000` });
  const listed = Array.from(text.matchAll(/<Key>(.*?)<\/Key>/g), ([, key]) => key as string);
  const visible = keys.filter((key) => key.bucket === bucket && typeof key.model.state[0] === 'number');
  const expected = visible.map(({ name }) => name);
  if (JSON.stringify(listed.sort()) !== JSON.stringify(expected.sort())) {
    throw new Violation(`${bucket} lists ${listed}, and not ${expected}`);
  }
}

async function listVersions(server: ServerChild, bucket: Bucket): Promise<Map<string, ListedVersion[]>> {
  const listed = new Map<string, ListedVersion[]>();
  const { status, text } = await sendSigned(server, {
    method: 'GET',
    path: `/${bucket}/?versions&max-keys=1000`,
  });
  if (status !== 200 || text.includes('<IsTruncated>true'))
    throw new Violation(`${bucket} is not listed: ${text}`);
  for (const [, kind, entry = ''] of text.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs)) {
    const field = (name: string) => new RegExp(`<${name}>(.*?)</${name}>`).exec(entry)?.[1] ?? '';
    const versions = listed.get(field('Key')) ?? [];
    versions.push({
      versionId: field('VersionId'),
      isMarker: kind === 'DeleteMarker',
      isLatest: field('IsLatest') === 'true',
    });
    listed.set(field('Key'), versions);
  }
  return listed;
}

/** What there is around the body in its entry of a segment, more or less, up to the next page. */
const aroundBodyBytes = 4096;

/**
 * Waits until the only bodies on the disk are those of the versions there are, and the segments take no more room than those in them
 * explain: twice that of the bodies, beside the segment being written and what one write adds to it.
 * @throws Violation, also when the server dies meanwhile and nobody collects any more
 */
export async function inspectDisk(
  dataDir: string,
  keys: readonly Key[],
  contents: Contents,
  isGone: () => boolean,
): Promise<void> {
  const versions = keys.flatMap(({ model }) => model.state.filter((version) => typeof version === 'number'));
  const sizes = versions.map((write) => contents.of(write)).flatMap(({ size, parts = [size] }) => parts);
  const needed = versions.map((write) => blobsOf(contents.of(write)));
  const neededMin = needed.reduce((sum, { min }) => sum + min, 0);
  const neededMax = needed.reduce((sum, { max }) => sum + max, 0);
  const middling = sizes.filter((size) => size > inlineBytesMax && size <= segmentBodyBytesMax);
  const liveBytes = middling.reduce((sum, size) => sum + size + aroundBodyBytes, 0);
  const segmentBytesMax = 2 * (liveBytes + servedSegmentBytes + segmentBodyBytesMax);
  for (const deadlineMs = Date.now() + collectMsMax; !isGone(); ) {
    const blobs = countBlobs(dataDir);
    const segmentBytes = sizeOfFiles(path.join(dataDir, 'blobs/segments'));
    if (blobs >= neededMin && blobs <= neededMax && segmentBytes <= segmentBytesMax) return;
    if (Date.now() > deadlineMs) {
      throw new Violation(
        `${blobs} blobs stay on the disk for ${neededMin} to ${neededMax}, and ${segmentBytes} bytes of segments for ${liveBytes}`,
      );
    }
    await delay(10);
  }
}

/** How many blobs a body is in. What was appended may have been written anew as one any number of times. */
function blobsOf({ size, parts = [size], appends }: Content): { readonly min: number; readonly max: number } {
  if (appends !== undefined) return { min: size > appends * inlineBytesMax ? 1 : 0, max: appends };
  const count = parts.filter((bytes) => bytes > inlineBytesMax).length;
  return { min: count, max: count };
}

function sizeOfFiles(folder: string): number {
  // One may be removed meanwhile.
  const sizes = readdirSync(folder).map(
    (name) => statSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

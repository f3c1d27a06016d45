// `postern cp`: files up, objects down, objects to other names. Nothing that exists is overwritten without `-f`; a file that is being
// downloaded has its name only once it is whole.

import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdir, opendir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  type ObjectHead,
  type OssClient,
  OssClientError,
  OssConnectionError,
  objectBytesMax,
} from '@postern/sdk/client';
import { writeSize } from '@postern/sdk/sign';
import { Command } from 'commander';
import { lookup as lookupMediaType } from 'mime-types';
import { CommandError, UsageError } from '../command-error.ts';
import { addConnectionFlags, connect } from '../connection.ts';
import { inParallel } from '../in-parallel.ts';
import { findLocalPath } from '../local-path.ts';
import { type NamePattern, nameFilter } from '../name-filter.ts';
import { isOssUrl, type OssUrl, parseObjectUrl, parseOssUrl, showText, writeOssUrl } from '../oss-url.ts';
import { ProgressBar } from '../progress-bar.ts';

/** How many files are copied at the same time. */
const copiesAtOnce = 5;

interface CopyOptions {
  readonly recursive?: true;
  readonly force?: true;
  readonly contentType?: string;
  readonly acl?: string;
}

/** One thing to copy: `name` for people, `run` does it. */
interface Copy {
  readonly name: string;
  readonly sizeBytes: number;
  run(onProgress: (doneBytes: number) => void): Promise<void>;
}

export function cpCommand(): Command {
  const patterns: NamePattern[] = [];
  const pattern = (kind: NamePattern['kind']) => (text: string) => {
    patterns.push({ kind, pattern: text });
    return text;
  };
  const command = new Command('cp')
    .summary('Copy files to the store, and objects back')
    .description('Copy files to the store, objects to files, or objects to objects.')
    .argument('<from>', 'a file, a folder (with -r), or oss://bucket/key')
    .argument('<to>', 'oss://bucket/key, a file, a folder, or - for standard output')
    .option('-r, --recursive', 'copy everything in the folder, or everything whose name begins with the key')
    .option('-f, --force', 'overwrite what is there')
    .option('--include <pattern>', 'with -r: take names that match, e.g. "*.pdf"', pattern('include'))
    .option('--exclude <pattern>', 'with -r: leave out names that match', pattern('exclude'))
    .option(
      '--content-type <type>',
      'the media type to store; otherwise it follows from the ending of the name',
    )
    .option('--acl <acl>', 'the ACL of the object: default, private, public-read or public-read-write')
    .addHelpText(
      'after',
      `
Examples:
  $ postern cp photo.jpg oss://demo/photos/
  $ postern cp -r site oss://demo/site --exclude "*.map"
  $ postern cp oss://demo/photos/photo.jpg .
  $ postern cp oss://demo/report.csv - | head
  $ postern cp oss://demo/a.txt oss://other/b.txt`,
    )
    .action(async (from: string, to: string, options: CopyOptions) => {
      const client = await connect(command);
      await copyAll(planCopies({ client, from, to, options, takes: nameFilter(patterns) }), to === '-');
    });
  return addConnectionFlags(command);
}

interface Request {
  readonly client: OssClient;
  readonly from: string;
  readonly to: string;
  readonly options: CopyOptions;
  takes(relativeName: string): boolean;
}

/** @throws UsageError when the two ends do not go together */
function planCopies(request: Request): AsyncIterable<Copy> {
  const { from, to } = request;
  if (isOssUrl(from)) return isOssUrl(to) ? planWithin(request) : planDownloads(request);
  if (isOssUrl(to)) return planUploads(request);
  throw new UsageError('one of the two must be an address such as oss://bucket/key');
}

/** Copies what can be copied; what fails is named, and makes the whole fail at the end. */
async function copyAll(copies: AsyncIterable<Copy>, toOutput: boolean): Promise<void> {
  let done = 0;
  let failed = 0;
  await inParallel(copies, copiesAtOnce, async (copy) => {
    const bar = new ProgressBar(copy.name, copy.sizeBytes);
    try {
      await copy.run((doneBytes) => bar.update(doneBytes));
      done += 1;
    } catch (error) {
      // With the store out of reach, the other files would fail one by one for the same reason.
      if (error instanceof OssConnectionError) throw error;
      failed += 1;
      console.error(`postern: ${copy.name}: ${describeFailure(error as Error)}`);
    } finally {
      bar.finish();
    }
  });
  if (failed > 0) throw new CommandError(`${done} copied, ${failed} not copied`);
  if (done === 0) console.error('Nothing to copy.');
  else if (!toOutput) console.error(`${done} copied.`);
}

function describeFailure(error: Error): string {
  if (error instanceof OssClientError && error.code === 'FileAlreadyExists')
    return 'exists; -f overwrites it';
  return error instanceof OssClientError ? `${error.code}: ${error.message}` : error.message;
}

// --- Files to objects ---

async function* planUploads({ client, from, to, options, takes }: Request): AsyncGenerator<Copy> {
  const target = parseOssUrl(to);
  const { isFolder, size } = await lookAt(from);
  if (!isFolder) {
    const isInside = target.key === '' || target.key.endsWith('/');
    const key = isInside ? target.key + path.basename(from) : target.key;
    yield planUpload(client, from, size, { bucket: target.bucket, key }, options);
    return;
  }
  if (!options.recursive) throw new UsageError(`${from} is a folder: -r copies what is in it`);
  const prefix = target.key === '' || target.key.endsWith('/') ? target.key : `${target.key}/`;
  for await (const file of walkFolder(from)) {
    const relativeName = path.relative(from, file).split(path.sep).join('/');
    if (!takes(relativeName)) continue;
    const { size } = await stat(file);
    yield planUpload(client, file, size, { bucket: target.bucket, key: prefix + relativeName }, options);
  }
}

async function lookAt(file: string): Promise<{ isFolder: boolean; size: number }> {
  const found = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    throw new CommandError(
      cause.code === 'ENOENT' ? `${file}: there is no such file` : `${file}: cannot be read (${cause.code})`,
      { cause },
    );
  });
  if (!found.isFile() && !found.isDirectory()) {
    throw new CommandError(
      `${file}: is neither a file nor a folder, and its size cannot be known beforehand`,
    );
  }
  return { isFolder: found.isDirectory(), size: found.size };
}

/** Regular files only: following links could lead out of the folder, or round in circles. */
async function* walkFolder(folder: string): AsyncGenerator<string> {
  for await (const entry of await opendir(folder)) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* walkFolder(file);
    else if (entry.isFile()) yield file;
    else console.error(`postern: ${showText(file)}: skipped, not a regular file`);
  }
}

function planUpload(client: OssClient, file: string, size: number, to: OssUrl, options: CopyOptions): Copy {
  return {
    name: writeOssUrl(to.bucket, to.key),
    sizeBytes: size,
    async run(onProgress) {
      if (size > objectBytesMax) {
        throw new CommandError(
          `${writeSize(size)} is more than one upload can carry (${writeSize(objectBytesMax)}); use a client that uploads in parts`,
        );
      }
      await client.putObject(
        to.bucket,
        to.key,
        { length: size, chunks: size === 0 ? [] : createReadStream(file, { end: size - 1 }) },
        {
          contentType: options.contentType ?? (lookupMediaType(to.key) || 'application/octet-stream'),
          headers: {
            ...(options.force ? {} : { 'x-oss-forbid-overwrite': 'true' }),
            ...(options.acl ? { 'x-oss-object-acl': options.acl } : {}),
          },
          onProgress,
        },
      );
    },
  };
}

// --- Objects to files ---

async function* planDownloads({ client, from, to, options, takes }: Request): AsyncGenerator<Copy> {
  if (!options.recursive) {
    const source = parseObjectUrl(from);
    const file = to === '-' ? to : await chooseFile(source.key, to);
    const head = await client.headObject(source.bucket, source.key);
    yield planDownload(client, source, head.size, file, options);
    return;
  }
  if (to === '-') throw new UsageError('standard output takes one object; leave out -r');
  const source = parseOssUrl(from);
  for await (const { key, size, relativeName } of listBelow(client, source)) {
    if (!takes(relativeName)) continue;
    const file = findLocalPath(to, relativeName);
    yield planDownload(client, { bucket: source.bucket, key }, size, file, options);
  }
}

async function chooseFile(key: string, to: string): Promise<string | undefined> {
  const isFolder =
    to.endsWith('/') ||
    (await stat(to).then(
      (found) => found.isDirectory(),
      () => false,
    ));
  return isFolder ? findLocalPath(to, key.slice(key.lastIndexOf('/') + 1)) : to;
}

/** Everything whose name begins with the key. Its relative name begins after the last `/` of the key: the folder that was meant. */
async function* listBelow(client: OssClient, { bucket, key: prefix }: OssUrl) {
  const folderLength = prefix.lastIndexOf('/') + 1;
  for await (const { objects } of client.listObjects(bucket, { prefix })) {
    for (const object of objects) yield { ...object, relativeName: object.key.slice(folderLength) };
  }
}

function planDownload(
  client: OssClient,
  from: OssUrl,
  size: number,
  file: string | undefined,
  options: CopyOptions,
): Copy {
  return {
    name: writeOssUrl(from.bucket, from.key),
    sizeBytes: file === '-' ? 0 : size,
    async run(onProgress) {
      if (file === undefined)
        throw new CommandError('refused: this name would leave the folder it is copied to');
      if (file === '-') return printObject(client, from);
      // A key that ends in "/" and has no bytes is how consoles make a folder.
      if (from.key.endsWith('/') && size === 0) return void (await mkdir(file, { recursive: true }));
      if (!options.force && (await exists(file)))
        throw new CommandError(`${showText(file)} exists; -f overwrites it`);
      await mkdir(path.dirname(file), { recursive: true });
      await downloadWhole(client, from, file, onProgress);
    },
  };
}

async function printObject(client: OssClient, { bucket, key }: OssUrl): Promise<void> {
  const { body } = await client.getObject(bucket, key);
  await pipeline(body, process.stdout, { end: false });
}

/** Under another name until every byte is there and is what the store says it is. */
async function downloadWhole(
  client: OssClient,
  { bucket, key }: OssUrl,
  file: string,
  onProgress: (doneBytes: number) => void,
): Promise<void> {
  const unfinished = path.join(
    path.dirname(file),
    `.${path.basename(file).slice(0, 100)}.${process.pid}.part`,
  );
  const { body, size } = await client.getObject(bucket, key);
  try {
    await pipeline(watchProgress(body, size, onProgress), createWriteStream(unfinished));
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function* watchProgress(
  body: AsyncIterable<Uint8Array>,
  size: ObjectHead['size'],
  onProgress: (doneBytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let doneBytes = 0;
  for await (const chunk of body) {
    doneBytes += chunk.length;
    onProgress(doneBytes);
    yield chunk;
  }
  if (doneBytes !== size) throw new CommandError(`${doneBytes} of ${size} bytes came`);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

// --- Objects to objects ---

async function* planWithin({ client, from, to, options, takes }: Request): AsyncGenerator<Copy> {
  const target = parseOssUrl(to);
  if (!options.recursive) {
    const source = parseObjectUrl(from);
    const isInside = target.key === '' || target.key.endsWith('/');
    const key = isInside ? target.key + source.key.slice(source.key.lastIndexOf('/') + 1) : target.key;
    yield planObjectCopy(client, source, { bucket: target.bucket, key }, options);
    return;
  }
  const source = parseOssUrl(from);
  for await (const { key, relativeName } of listBelow(client, source)) {
    if (!takes(relativeName)) continue;
    const targetKey = target.key + relativeName;
    yield planObjectCopy(
      client,
      { bucket: source.bucket, key },
      { bucket: target.bucket, key: targetKey },
      options,
    );
  }
}

function planObjectCopy(client: OssClient, from: OssUrl, to: OssUrl, options: CopyOptions): Copy {
  return {
    name: `${writeOssUrl(from.bucket, from.key)} to ${writeOssUrl(to.bucket, to.key)}`,
    sizeBytes: 0,
    run: () =>
      client.copyObject(from, to, {
        ...(options.force ? {} : { 'x-oss-forbid-overwrite': 'true' }),
        ...(options.acl ? { 'x-oss-object-acl': options.acl } : {}),
      }),
  };
}

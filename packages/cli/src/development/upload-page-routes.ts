// The upload page on the admin port, in development only: the page, its style and scripts, and the one thing it asks for, a freshly signed
// form. The admin server has already refused requests from other sites.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileBytesMax } from '@postern/protocol';
import { createPostForm, type PostFormOptions, writeSize } from '@postern/sdk/sign';
import type { AdminReply, AdminRequest, AdminRoute } from '@postern/server';
import type { AccessKeyPair } from '../access-key-file.ts';
import type { SigningMistake } from './page/experiments.ts';
import { chooseLanguage } from './page/texts.ts';
import { listPageModules, pageFolder } from './page-modules.ts';
import { writeUploadPage } from './write-upload-page.ts';

export const uploadPagePath = '/-/upload';

const keyPrefix = 'uploads/';

export interface UploadPageOptions {
  /** The data port, e.g. `http://127.0.0.1:9780`; asked for each request. */
  readonly findEndpoint: () => string;
  readonly accessKey: AccessKeyPair;
  readonly bucket: string;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

export function uploadPageRoutes(options: UploadPageOptions): AdminRoute[] {
  const get = (at: string, handle: (request: AdminRequest) => AdminReply): AdminRoute => ({
    method: 'GET',
    path: at,
    handle: async (request) => handle(request),
  });
  return [
    get(uploadPagePath, (request) => replyPage(request, options)),
    get(`${uploadPagePath}/upload-page.css`, () => replyFile('upload-page.css', 'text/css')),
    get(`${uploadPagePath}/postern-mark.svg`, () => replyFile('postern-mark.svg', 'image/svg+xml')),
    ...listPageModules().map((module) =>
      get(module.path, () => reply('text/javascript', module.readScript())),
    ),
    {
      method: 'POST',
      path: `${uploadPagePath}/form`,
      handle: async (request) => replyForm(request, options),
    },
  ];
}

function reply(type: string, body: string): AdminReply {
  return { status: 200, headers: { 'content-type': `${type}; charset=utf-8` }, body };
}

function replyFile(name: string, type: string): AdminReply {
  return reply(type, readFileSync(path.join(pageFolder, name), 'utf8'));
}

function replyPage(
  { query, headers }: AdminRequest,
  { findEndpoint, bucket }: UploadPageOptions,
): AdminReply {
  const language = chooseLanguage(query.get('lang'), headers['accept-language'] ?? '');
  const page = { language, bucket, key: `${keyPrefix}\${filename}`, maxSize: writeSize(fileBytesMax) };
  const { headers: typed, ...rest } = reply('text/html', writeUploadPage(page));
  const storage = findEndpoint();
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `connect-src 'self' ${storage}`,
    `img-src 'self' ${storage}`,
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    ...rest,
    headers: { ...typed, 'content-security-policy': policy.join('; '), vary: 'accept-language' },
  };
}

/** What the page says of the file, and which mistake the signer shall make. */
interface FormWish {
  readonly mistake?: SigningMistake;
}

function replyForm(
  request: AdminRequest,
  { findEndpoint, accessKey, bucket, clock }: UploadPageOptions,
): AdminReply {
  const wish = parseWish(request);
  if (wish === undefined) return replyJson(400, { message: 'expected JSON such as {}' });
  const form = createPostForm({
    endpoint: findEndpoint(),
    bucket,
    credentials: accessKey,
    keyPrefix,
    expiresIn: '10m',
    maxBytes: fileBytesMax,
    overwrite: true,
    nowMs: clock(),
    ...(wish.mistake ? mistakes[wish.mistake](clock()) : {}),
  } as PostFormOptions);
  return replyJson(200, form);
}

/** What differs from a good form. */
const mistakes: Readonly<Record<SigningMistake, (nowMs: number) => Partial<PostFormOptions>>> = {
  expired: (nowMs) => ({ nowMs: nowMs - 60 * 60 * 1000 }),
  'too-large': () => ({ minBytes: 1, maxBytes: 4 }),
  type: () => ({ contentTypes: ['application/pdf'] }),
};

function parseWish({ headers, body }: AdminRequest): FormWish | undefined {
  // A page of another site could send text/plain without asking; JSON it could not.
  if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) return undefined;
  try {
    const wish = JSON.parse(Buffer.from(body).toString('utf8'));
    const isWish = typeof wish === 'object' && wish !== null;
    return isWish && (wish.mistake === undefined || Object.hasOwn(mistakes, wish.mistake)) ? wish : undefined;
  } catch {
    // Not JSON: the caller answers 400.
    return undefined;
  }
}

function replyJson(status: number, value: unknown): AdminReply {
  return { status, body: JSON.stringify(value) };
}

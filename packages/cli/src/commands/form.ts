// `postern form`: a page that uploads into a bucket, as the form tool of the OSS user guide makes it. The page is plain HTML, works from
// a local file, and holds no secret: whoever gets it can upload what the policy allows, until it expires.

import { writeFile } from 'node:fs/promises';
import {
  createPostForm,
  htmlPage,
  type PostFormOptions,
  pageLifetimeMsMax,
  parseDuration,
  parseSize,
  readFormPolicy,
  type SignatureVersion,
  type SignedForm,
} from '@postern/sdk/sign';
import { Command, Option } from 'commander';
import { CommandError, UsageError } from '../command-error.ts';
import { findEndpointInEnv, findKeyInEnv } from '../connection.ts';
import { findLanguage, type Language, languageOption } from '../language.ts';

interface FormFlags {
  readonly bucket?: string;
  readonly endpoint?: string;
  readonly id?: string;
  readonly key?: string;
  readonly token?: string;
  readonly out: string;
  readonly prefix: string;
  readonly expires: string;
  readonly maxSize: string;
  readonly redirect?: string;
  readonly status: string;
  readonly contentType?: string;
  readonly overwrite?: boolean;
  readonly v4?: boolean;
  readonly region?: string;
  readonly lang?: Language;
}

export function formCommand(): Command {
  return new Command('form')
    .summary('Make a page that uploads by a signed form')
    .description(
      'Make an HTML page that uploads files into a bucket by a signed form. It needs no server, no script and no secret.',
    )
    .option('--bucket <bucket>', 'where to upload to')
    .option(
      '--endpoint <host>',
      'the store, e.g. oss-cn-hangzhou.aliyuncs.com or 127.0.0.1:9780 (env: POSTERN_ENDPOINT, OSS_ENDPOINT)',
    )
    .option('--id <id>', 'the access key id (env: POSTERN_ACCESS_KEY_ID, OSS_ACCESS_KEY_ID)')
    .option(
      '--key <secret>',
      'its secret; a variable is safer, since other users can read a command line (env: POSTERN_ACCESS_KEY_SECRET, OSS_ACCESS_KEY_SECRET)',
    )
    .option(
      '--token <token>',
      'the security token of a temporary key (env: POSTERN_SESSION_TOKEN, OSS_SESSION_TOKEN)',
    )
    .option('--out <file>', 'where to save the page', 'post.html')
    .option('--prefix <prefix>', 'what object names begin with; the name of the file follows', 'upload/')
    .option(
      '--expires <time>',
      'how long it works (90s, 10m, 24h, 7d), or until when (2030-01-01T12:00:00Z)',
      '1h',
    )
    .option('--max-size <size>', 'the largest file, e.g. 500KB, 10MB, 1GB', '100MB')
    .option('--redirect <url>', 'where the browser goes after an upload')
    .addOption(
      new Option('--status <status>', 'what the store answers when there is no --redirect')
        .choices(['200', '201', '204'])
        .default('201'),
    )
    .option('--content-type <type>', 'store every file as this media type')
    .option('--overwrite', 'let an upload replace a file of the same name')
    .option('--v4', 'sign with V4, which needs --region; the default is V1')
    .option('--region <region>', 'e.g. cn-hangzhou')
    .addOption(languageOption())
    .addHelpText(
      'after',
      `
Examples:
  $ postern form --bucket demo --endpoint 127.0.0.1:9780 --id ID --key SECRET
  $ postern form --bucket demo --endpoint oss-cn-hangzhou.aliyuncs.com --max-size 10MB --redirect https://site.example/thanks`,
    )
    .action(async (flags: FormFlags, command: Command) => {
      const nowMs = Date.now();
      const options = orUsageError(() => readOptions(flags, command, nowMs));
      const form = orUsageError(() => createPostForm(options));
      const page = htmlPage(form, { language: findLanguage(flags.lang), nowMs });
      if (page.includes(options.credentials.accessKeySecret)) {
        throw new CommandError('the secret occurs in the page (is it a common word?); nothing was saved');
      }
      await save(flags.out, page);
      console.log(describe(form, flags.out));
      warnOfLongLife(form, nowMs);
    });
}

/** @throws UsageError for what is missing or wrong; what is missing is told after the usage */
function readOptions(flags: FormFlags, command: Command, nowMs: number): PostFormOptions {
  const fromEnv = findKeyInEnv(process.env);
  const needed = {
    bucket: flags.bucket,
    endpoint: flags.endpoint ?? findEndpointInEnv(process.env),
    id: flags.id ?? fromEnv.accessKeyId,
    key: flags.key ?? fromEnv.accessKeySecret,
  };
  const missing = Object.entries(needed).filter(([, value]) => !value);
  if (missing.length > 0) {
    command.outputHelp({ error: true });
    throw new UsageError(`missing: ${missing.map(([name]) => `--${name}`).join(', ')}`);
  }
  const { bucket, endpoint, id, key } = needed as Record<keyof typeof needed, string>;
  // A token belongs to the key it came with.
  const securityToken = flags.token ?? (flags.id === undefined ? fromEnv.securityToken : undefined);
  return {
    bucket,
    endpoint,
    credentials: { accessKeyId: id, accessKeySecret: key, securityToken },
    keyPrefix: flags.prefix,
    expiresAtMs: parseExpiry(flags.expires, nowMs),
    maxBytes: parseSize(flags.maxSize),
    successActionStatus: Number(flags.status) as 200 | 201 | 204,
    // Empty counts as absent; the field is there all the same, as in the page of the user guide.
    successActionRedirect: flags.redirect ?? '',
    overwrite: flags.overwrite ?? false,
    ...(flags.contentType !== undefined && { contentType: flags.contentType }),
    ...readSignatureVersion(flags),
    nowMs,
  };
}

function parseExpiry(text: string, nowMs: number): number {
  if (!/^\d{4}-/.test(text)) return nowMs + parseDuration(text);
  const atMs = /Z$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs))
    throw new UsageError(`--expires: "${text}" is not a time such as 2030-01-01T12:00:00Z`);
  return atMs;
}

function readSignatureVersion({ v4, region }: FormFlags): SignatureVersion {
  if (v4 && region === undefined) throw new UsageError('--v4 needs --region, e.g. --region cn-hangzhou');
  if (!v4 && region !== undefined) throw new UsageError('--region is part of a V4 signature: add --v4');
  return v4 && region !== undefined ? { signatureVersion: 'v4', region } : {};
}

/** The sdk says in a TypeError which option is wrong; here the options come from the command line. */
function orUsageError<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof TypeError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

async function save(file: string, page: string): Promise<void> {
  try {
    await writeFile(file, page);
  } catch (cause) {
    throw new CommandError(`cannot save the page: ${(cause as Error).message}`, { cause });
  }
}

function describe(form: SignedForm, file: string): string {
  const { fields } = form;
  return `policy:
${readFormPolicy(form)?.json}
policy in base64:
${fields.policy}
signature:
${fields.Signature ?? fields['x-oss-signature']}
form is saved into ${file}
this page contains no secret; it works until ${form.expires}`;
}

function warnOfLongLife({ expires, expiresAtMs = 0 }: SignedForm, nowMs: number): void {
  if (expiresAtMs - nowMs <= pageLifetimeMsMax) return;
  console.error(`warning: whoever has this page can upload until ${expires}; prefer --expires 24h or less`);
}

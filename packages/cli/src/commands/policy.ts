// `postern policy`: of forms and of access. For forms, reads a policy without a server. `lint` tells what is wrong with it or looser than was probably meant, `explain` holds
// a form against it, condition by condition.

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import {
  encodeBase64,
  explainPost,
  findPolicySlip,
  JsonError,
  type LintFinding,
  lintPolicy,
  OssError,
  type Policy,
  type PostExplanation,
  PostFields,
  type PostForm,
  parsePolicy,
  parsePolicyJson,
} from '@postern/protocol';
import { nobleHashes, parseSize } from '@postern/sdk/sign';
import { Command } from 'commander';
import { CommandError, UsageError } from '../command-error.ts';
import { findLanguage, type Language, languageOption } from '../language.ts';
import { accessPolicyCommands } from './access-policies.ts';

export function policyCommand(): Command {
  const command = new Command('policy')
    .summary('Policies of forms and of access')
    .description(
      'Policies of forms, which their signer makes for each (lint, explain), and of access, which are kept under a name and attached to users and roles.',
    )
    .addCommand(lintCommand())
    .addCommand(explainCommand());
  for (const accessCommand of accessPolicyCommands()) command.addCommand(accessCommand);
  return command;
}

const fileHelp = 'the policy, as JSON or base64; "-" is standard input';

// --- Lint ---

interface LintFlags {
  readonly json?: boolean;
  readonly lang?: Language;
}

function lintCommand(): Command {
  return new Command('lint')
    .description(
      'Tell what is wrong with a policy, or looser than was probably meant. Exits with 1 if anything is.',
    )
    .argument('<file>', fileHelp)
    .option('--json', 'print the problems as JSON')
    .addOption(languageOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ postern policy lint policy.json\n  $ echo "$POLICY" | postern policy lint --json -',
    )
    .action(async (file: string, flags: LintFlags) => {
      const problems = lint(await readPolicyText(file), findLanguage(flags.lang));
      if (flags.json) console.log(JSON.stringify(problems, null, 2));
      else for (const problem of problems) console.log(writeProblem(showFileName(file), problem));
      if (problems.length > 0) {
        throw new CommandError(
          `${showFileName(file)}: ${problems.length} problem${problems.length > 1 ? 's' : ''}`,
        );
      }
      if (!flags.json) console.log(`${showFileName(file)}: no problems`);
    });
}

interface Problem {
  readonly level: LintFinding['level'];
  readonly rule: string;
  readonly message: string;
  /** Where in the JSON, from 1; only of a mistake in the JSON itself. */
  readonly line?: number;
  readonly column?: number;
}

function lint(policyText: PolicyText, language: Language): Problem[] {
  try {
    const policy = parsePolicyText(policyText);
    return lintPolicy(policy, Date.now()).map(({ level, rule, message }) => ({
      level,
      rule,
      message: message[language],
    }));
  } catch (error) {
    if (!(error instanceof OssError)) throw error;
    return [malformed(error, policyText, language)];
  }
}

/** A policy that cannot be read has one problem: how to read on after it would be a guess. */
function malformed(error: OssError, { kind, text }: PolicyText, language: Language): Problem {
  const slip = kind === 'base64' ? findPolicySlip(text) : undefined;
  const message = slip ? slip[language] : error.message;
  const { cause } = error;
  return {
    level: 'error',
    rule: slip?.name ?? 'malformed',
    message,
    ...(cause instanceof JsonError && { line: cause.line, column: cause.column }),
  };
}

/** As compilers write it, so that editors can jump to it. */
function writeProblem(file: string, { line, column, level, rule, message }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}:${column}`;
  return `${place}: ${level}: ${message} [${rule}]`;
}

// --- Explain ---

interface ExplainFlags {
  readonly form?: string;
  readonly bucket?: string;
  readonly size?: string;
  readonly type?: string;
  readonly secretEnv?: string;
  readonly json?: boolean;
  readonly lang?: Language;
}

function explainCommand(): Command {
  return new Command('explain')
    .description(
      'Hold a form against a policy and show each condition: what it wants, what it gets, and whether it holds.',
    )
    .argument('<file>', fileHelp)
    .option(
      '--form <file>',
      'the fields of a form as JSON: {"key": "a.txt", …}, or a signed form {"url", "fields"}',
    )
    .option(
      '--bucket <bucket>',
      'the bucket that the form is posted to (default: the one that the policy names)',
    )
    .option('--size <size>', 'the size of the file, e.g. 10MB')
    .option('--type <type>', 'the media type that the browser puts on the file')
    .option(
      '--secret-env <name>',
      'the environment variable that holds the secret; then the signature is checked too',
    )
    .option('--json', 'print the explanation as JSON')
    .addOption(languageOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ postern policy explain policy.json --form fields.json --size 12MB\n  $ postern policy explain policy.json --form form.json --secret-env POSTERN_ACCESS_KEY_SECRET',
    )
    .action(async (file: string, flags: ExplainFlags) => {
      const policyText = await readPolicyText(file);
      const form = await readForm(policyText, flags);
      const explanation = explainPost({
        form,
        bucket: flags.bucket ?? findBucket(policyText),
        nowMs: Date.now(),
        fileBytes: flags.size === undefined ? undefined : readSize(flags.size),
        secret: flags.secretEnv === undefined ? undefined : readSecret(flags.secretEnv),
        hashes: nobleHashes,
      });
      if (flags.json) console.log(JSON.stringify(explanation, null, 2));
      else console.log(writeExplanation(explanation, flags.form !== undefined, findLanguage(flags.lang)));
    });
}

/** The form's fields, with the policy in question as its `policy`. */
async function readForm(policyText: PolicyText, flags: ExplainFlags): Promise<PostForm> {
  const fields = flags.form === undefined ? {} : await readFields(flags.form);
  const policy = toBase64(policyText);
  const names = Object.keys(fields);
  const own = names.find((name) => name.toLowerCase() === 'policy');
  if (own !== undefined && fields[own] !== policy) {
    console.error('note: the form carries another policy; it is held against the one in the file');
  }
  const others = names
    .filter((name) => name !== own)
    .map((name) => ({ name, value: fields[name] as string }));
  const isSigned = names.some((name) => signingFields.test(name));
  return {
    fields: new PostFields([
      ...others,
      // Whoever asks about conditions alone need not hear that nobody has signed yet.
      ...(isSigned || flags.secretEnv !== undefined ? [] : unsigned),
      { name: 'policy', value: policy },
    ]),
    file: { fileName: undefined, contentType: flags.type },
  };
}

const signingFields = /^(ossaccesskeyid|signature|x-oss-signature.*|x-oss-credential|x-oss-date)$/i;
const unsigned = [
  { name: 'OSSAccessKeyId', value: '-' },
  { name: 'Signature', value: '-' },
];

async function readFields(file: string): Promise<Readonly<Record<string, string>>> {
  const json = parseJson(await readText(file), file);
  const fields = isRecord(json) && isRecord(json.fields) ? json.fields : json;
  if (!isRecord(fields) || !Object.values(fields).every((value) => typeof value === 'string')) {
    throw new UsageError(
      `${file}: fields must be a JSON object whose values are texts, e.g. {"key": "a.txt"}`,
    );
  }
  return fields as Record<string, string>;
}

function parseJson(json: string, file: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new UsageError(`${file}: ${(cause as Error).message}`, { cause });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The bucket of a policy is the one it was made for, unless somebody says otherwise. */
function findBucket(policyText: PolicyText): string {
  try {
    const { conditions } = parsePolicyText(policyText);
    const bucket = conditions.find(
      (condition) => condition.kind === 'eq' && condition.field.toLowerCase() === 'bucket',
    );
    return bucket?.kind === 'eq' ? bucket.value : '';
  } catch (error) {
    // The explanation says what is wrong with it.
    if (error instanceof OssError) return '';
    throw error;
  }
}

function readSize(size: string): number {
  try {
    return parseSize(size);
  } catch (cause) {
    throw new UsageError(`--size: ${(cause as Error).message}`, { cause });
  }
}

function readSecret(name: string): string {
  const secret = process.env[name];
  if (!secret) throw new UsageError(`--secret-env: the variable ${name} is not set`);
  return secret;
}

const WORDS = {
  en: {
    head: ['condition', 'wanted', 'got', ''],
    holds: 'holds',
    fails: 'FAILS',
    missing: 'MISSING',
    'not-checked': 'not checked',
    valid: (expiration: string) => `valid until ${expiration}`,
    expired: (expiration: string) => `EXPIRED at ${expiration}`,
  },
  zh: {
    head: ['条件', '要求', '实际', ''],
    holds: '满足',
    fails: '不满足',
    missing: '缺少',
    'not-checked': '未检查',
    valid: (expiration: string) => `有效期至 ${expiration}`,
    expired: (expiration: string) => `已于 ${expiration} 过期`,
  },
} as const;

/** Without a form there is nothing to judge: what is wanted, and until when. */
function writeExplanation(explanation: PostExplanation, withForm: boolean, language: Language): string {
  const words = WORDS[language];
  const { conditions, expiry, policy, summary } = explanation;
  const rows = conditions.map(({ field, operator, wanted, got, verdict }) => [
    operator === 'content-length-range' ? operator : `$${field} ${operator}`,
    wanted,
    got ?? '–',
    words[verdict],
  ]);
  const columns = withForm ? 4 : 2;
  const table =
    rows.length > 0 ? writeTable([[...words.head], ...rows].map((row) => row.slice(0, columns))) : [];
  const sentences = [
    expiry && words[expiry.state](expiry.expiration),
    (withForm || policy.state !== 'read') && summary[language],
  ];
  return [
    ...table,
    ...(table.length > 0 ? [''] : []),
    ...sentences.filter((line) => typeof line === 'string'),
  ].join('\n');
}

function writeTable(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => displayWidth(row[at] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - displayWidth(cell)))
      .join('  ')
      .trimEnd(),
  );
}

/** Terminals give East Asian wide characters two columns. */
function displayWidth(cell: string): number {
  return Array.from(cell).reduce(
    (width, character) =>
      width +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
        character,
      )
        ? 2
        : 1),
    0,
  );
}

// --- The policy ---

/** As it was written: JSON to be read as it stands, or the value of a `policy` field. */
interface PolicyText {
  readonly kind: 'json' | 'base64';
  readonly text: string;
}

async function readPolicyText(file: string): Promise<PolicyText> {
  const content = await readText(file);
  // JSON has characters that base64 lacks; what has none of them was meant to be base64.
  if (/[{}[\]":]/.test(content)) return { kind: 'json', text: content };
  // A final line break comes from the editor or from echo.
  return { kind: 'base64', text: content.replace(/\r?\n$/, '') };
}

/** @throws OssError InvalidPolicyDocument */
function parsePolicyText({ kind, text }: PolicyText): Policy {
  return kind === 'json' ? parsePolicyJson(text) : parsePolicy(text);
}

function toBase64({ kind, text }: PolicyText): string {
  return kind === 'json' ? encodeBase64(new TextEncoder().encode(text)) : text;
}

/** A policy field may hold 2 MB, and so may what is read here. */
const fileBytesMax = 2 * 1024 * 1024;

async function readText(file: string): Promise<string> {
  try {
    const content = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
    if (content.length > fileBytesMax) throw new Error('larger than 2 MB');
    return content;
  } catch (cause) {
    throw new UsageError(`cannot read ${showFileName(file)}: ${(cause as Error).message}`, { cause });
  }
}

function showFileName(file: string): string {
  return file === '-' ? 'standard input' : file;
}

// `postern sign`: how a signature comes about, step by step, for whoever has to make the same one in another language and gets another.
// The secret is used and never printed.

import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import {
  canonicalRequestV4,
  findRequestSignature,
  formatBasicDate,
  parsePolicyJson,
  parseQuery,
  type SignableRequest,
  type SigningKey,
  signPostV1,
  signPostV4,
  signRequestV1,
  signRequestV4,
  stringToSignV1,
  stringToSignV4,
  writeV4Scope,
} from '@postern/protocol';
import { nobleHashes } from '@postern/sdk/sign';
import { Command } from 'commander';
import { cannotRead, UsageError } from '../command-error.ts';
import { addConnectionFlags, type Connection, findConnection } from '../connection.ts';
import { parseOssUrl } from '../oss-url.ts';

export function signCommand(): Command {
  return new Command('sign')
    .description('Show how a signature comes about, step by step')
    .addCommand(signPolicyCommand())
    .addCommand(signRequestCommand());
}

// --- The policy of a form ---

function signPolicyCommand(): Command {
  const command = new Command('policy')
    .description('Sign the policy of a form. The text is signed as it is, blanks and line ends included.')
    .argument('[file]', 'a JSON file; standard input without it')
    .option('--time <time>', 'sign as at this time, e.g. 2025-04-11T06:41:24Z (V4)')
    .addHelpText(
      'after',
      `
Examples:
  $ postern sign policy policy.json
  $ postern sign policy policy.json --sign-version v4 --region cn-hangzhou`,
    )
    .action(async (file: string | undefined, options: { time?: string }) => {
      const json = file === undefined ? await readAll(process.stdin) : await readPolicyFile(file);
      console.log(explainPolicySignature(json, findConnection(command), parseTime(options.time)));
    });
  return addConnectionFlags(command, { signVersion: 'v1' });
}

async function readPolicyFile(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw cannotRead(file, cause);
  });
}

/** @throws OssError InvalidPolicyDocument when storage would not read the policy */
function explainPolicySignature(
  json: string,
  { accessKey, region, signVersion }: Connection,
  nowMs: number,
): string {
  parsePolicyJson(json);
  const policy = Buffer.from(json).toString('base64');
  const { accessKeyId, accessKeySecret, securityToken } = accessKey;
  const token: Fields = securityToken ? { 'x-oss-security-token': securityToken } : {};
  const base64 = section('Policy in base64: the form field `policy`, and the string to sign', policy);
  if (signVersion === 'v1') {
    const signature = signPostV1(nobleHashes, accessKeySecret, policy);
    return [
      base64,
      section('base64(hmac-sha1(secret, string to sign)): the form field `Signature`', signature),
      fieldList({ OSSAccessKeyId: accessKeyId, policy, Signature: signature, ...token }),
    ].join('\n\n');
  }
  const date = formatBasicDate(nowMs);
  const scope = { date: date.slice(0, 8), region };
  const signature = signPostV4(nobleHashes, accessKeySecret, scope, policy);
  return [
    base64,
    section('Scope of the signing key', writeV4Scope(scope)),
    section('hex(hmac-sha256(signing key, string to sign)): the form field `x-oss-signature`', signature),
    fieldList({
      'x-oss-signature-version': 'OSS4-HMAC-SHA256',
      'x-oss-credential': `${accessKeyId}/${writeV4Scope(scope)}`,
      'x-oss-date': date,
      ...token,
      policy,
      'x-oss-signature': signature,
    }),
    'The policy must have a condition for each of x-oss-signature-version, x-oss-credential and x-oss-date.',
  ].join('\n\n');
}

type Fields = Readonly<Record<string, string>>;

function fieldList(fields: Fields): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return section('Fields of the form', lines.join('\n'));
}

// --- A request ---

function signRequestCommand(): Command {
  const headers: string[] = [];
  const command = new Command('request')
    .description('Sign a request by the Authorization header.')
    .argument('<method>', 'GET, PUT, …')
    .argument('<address>', 'oss://bucket/key, oss://bucket, or oss:// for the service; a query may follow')
    .option(
      '-H, --header <header>',
      'a header that is sent, e.g. "Content-Type: text/plain"',
      (header: string) => {
        headers.push(header);
        return header;
      },
    )
    .option('--time <time>', 'sign as at this time, e.g. 2025-04-11T06:41:24Z')
    .addHelpText(
      'after',
      `
Examples:
  $ postern sign request PUT oss://demo/a.txt -H "Content-Type: text/plain"
  $ postern sign request GET "oss://demo?list-type=2&prefix=a" --sign-version v1`,
    )
    .action((method: string, address: string, options: { time?: string }) => {
      const request = parseRequest(method, address, headers);
      console.log(explainRequestSignature(request, findConnection(command), parseTime(options.time)));
    });
  return addConnectionFlags(command);
}

function parseRequest(method: string, address: string, headers: readonly string[]): SignableRequest {
  const [resource = '', query = ''] = address.split(/\?(.*)/s);
  return {
    method: method.toUpperCase(),
    resource: resource === 'oss://' ? {} : withoutEmptyKey(parseOssUrl(resource)),
    queryList: parseQuery(query),
    headers: new Map(headers.map(parseHeader)),
  };
}

function withoutEmptyKey({ bucket, key }: { bucket: string; key: string }): SignableRequest['resource'] {
  return key === '' ? { bucket } : { bucket, key };
}

function parseHeader(text: string): [name: string, value: string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*?)\s*$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError(`"${text}" is not a header such as "Content-Type: text/plain"`);
  }
  return [name.toLowerCase(), value];
}

function explainRequestSignature(
  request: SignableRequest,
  { accessKey, region, signVersion }: Connection,
  nowMs: number,
): string {
  const added = addSignature(request, accessKey, signVersion, region, nowMs);
  const signed = { ...request, headers: new Map([...request.headers, ...Object.entries(added)]) };
  const headerLines = Object.entries(added).map(([name, value]) => `${name}: ${value}`);
  return [...explainSteps(signed), section('Headers to add', headerLines.join('\n'))].join('\n\n');
}

function addSignature(
  request: SignableRequest,
  accessKey: SigningKey,
  version: Connection['signVersion'],
  region: string,
  timeMs: number,
): Readonly<Record<string, string>> {
  return version === 'v1'
    ? signRequestV1(nobleHashes, accessKey, request, timeMs)
    : signRequestV4(nobleHashes, accessKey, request, { timeMs, region });
}

/** Read back from the signed request, as the store does. */
function explainSteps(signed: SignableRequest): string[] {
  const signature = findRequestSignature(signed);
  // V2 is never signed with here.
  if (signature === undefined || signature.version === 'v2') return [];
  if (signature.version === 'v1') {
    return [
      section('String to sign', stringToSignV1(signed, signature.dateLine)),
      section('base64(hmac-sha1(secret, string to sign))', signature.signature),
    ];
  }
  const canonicalRequest = canonicalRequestV4(signed, signature.additionalHeaders);
  return [
    section('Canonical request', canonicalRequest),
    section(
      'String to sign; its last line is the SHA-256 of the above',
      stringToSignV4(nobleHashes, signature, canonicalRequest),
    ),
    section('hex(hmac-sha256(signing key, string to sign))', signature.signature),
  ];
}

function section(title: string, text: string): string {
  return `# ${title}\n${text}`;
}

function parseTime(text: string | undefined): number {
  if (text === undefined) return Date.now();
  const timeMs = Date.parse(text);
  if (Number.isNaN(timeMs))
    throw new UsageError(`--time: "${text}" is not a time such as 2025-04-11T06:41:24Z`);
  return timeMs;
}

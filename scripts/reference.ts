// `npm run reference`: writes docs/reference/ from the tables of the code, and its page on compatibility from what the suites saw a server
// do. A test says when a committed page is out of date; `npm test` checks the page on compatibility at the end of a whole run.
//
//   npm run reference                     the pages that follow from tables
//   npm run reference -- --from FOLDER    the page on compatibility too, from what CONFORMANCE_RECORD=FOLDER left there

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DOCUMENTED_REFUSALS } from '../conformance/documented-refusals.ts';
import { readRecords } from '../conformance/record.ts';
import { ERRORS, type ErrorRow } from '../packages/protocol/src/errors.ts';
import { OPERATIONS, type Operation, UNIMPLEMENTED } from '../packages/server/src/operations.ts';

const folder = path.join(import.meta.dirname, '../docs/reference');

/** By file name. */
export function writeTablePages(): Record<string, string> {
  return { 'operations.md': writeOperations(), 'errors.md': writeErrors() };
}

export const compatibilityFile = path.join(folder, 'compatibility.md');

// --- Operations ---

function writeOperations(): string {
  return `# Operations

<!-- Written from packages/server/src/operations.ts by \`npm run reference\`. -->

How a request is recognised, and the right that it takes. The owner of a bucket may do everything with it; others what a policy allows or,
for objects, what an ACL grants. An operation on one version of an object needs the right whose name ends in \`Version\`, where there is one.

| Operation | Request | Right |
|---|---|---|
${OPERATIONS.map((row) => `| ${row.name} | ${code(requestOf(row))} | ${code(row.action)} |`).join('\n')}

## What is refused

These sub-resources are of services that a store by itself does not have. They are answered with \`NotImplemented\`, never ignored: a
request that means something else than it seems must not be carried out.

| Of | Sub-resources |
|---|---|
${Object.entries(UNIMPLEMENTED)
  .map(([target, names]) => `| ${target} | ${[...names].sort().map(code).join(' ')} |`)
  .join('\n')}
`;
}

function requestOf({ method, on, query, header }: Operation): string {
  const target = on === 'service' ? '/' : on === 'object' ? '/bucket/key' : '/bucket/';
  return `${method} ${target}${query === undefined ? '' : `?${query}`}${header === undefined ? '' : ` with ${header}`}`;
}

// --- Errors ---

function writeErrors(): string {
  return `# Errors

<!-- Written from packages/protocol/src/errors/ by \`npm run reference\`. -->

The answer to a request that is refused is an XML document with \`Code\`, \`Message\`, \`RequestId\`, \`HostId\` and, where one is known, \`EC\`, the
finer code. Words in braces stand for what the request had there.

| Status | Code | EC | Message |
|---|---|---|---|
${Object.entries(ERRORS).map(errorLine).sort().join('\n')}
`;
}

function errorLine([name, { status, ec, message }]: [string, ErrorRow]): string {
  const [errorCode = ''] = name.split('.', 1);
  return `| ${status} | ${code(errorCode)} | ${ec === undefined ? '–' : code(ec)} | ${message.replaceAll('|', '\\|')} |`;
}

// --- Compatibility ---

/** Who asked, as a column says it. The wire suites speak the protocol themselves. */
const clients: Readonly<Record<string, string>> = {
  'ali-oss': 'ali-oss (JavaScript)',
  oss2: 'oss2 (Python)',
  go: 'OSS SDK v2 (Go)',
  java: 'OSS SDK (Java)',
  'aws-sdk': '@aws-sdk/client-s3',
  boto3: 'boto3 (Python)',
  browser: 'pages in Chromium',
};

/** @param recorded the folder that the suites left their records in */
export function writeCompatibility(recorded: string): string {
  const seen = readRecords(recorded);
  const names = [...new Set(OPERATIONS.map(({ name }) => name))];
  const lines = names.map((name) => {
    const byAsker = seen.get(name) ?? new Map<string, Set<string>>();
    const wire = byAsker.get('wire') ?? new Set<string>();
    const refusals = [...wire].filter((answer) => answer !== 'ok').sort();
    const usedBy = Object.keys(clients).map((asker) => (byAsker.get(asker)?.has('ok') ? '✓' : '–'));
    return `| ${name} | ${wire.has('ok') ? '✓' : '–'} | ${usedBy.join(' | ')} | ${refusals.map(code).join(' ') || '–'} |`;
  });
  return `# Compatibility

<!-- Written by \`npm run reference -- --from FOLDER\` from what the suites saw. -->

Every operation of this server, and who was seen to succeed with it when the suites ran: the wire suite, which speaks HTTP itself, and unmodified
clients. A dash says that nobody tried, or that the client has no such call. The last column has the codes with which the wire suite
was refused.

| Operation | Wire | ${Object.values(clients).join(' | ')} | Refused with |
|---|${'---|'.repeat(Object.keys(clients).length + 2)}
${lines.join('\n')}

What OSS has besides is answered with \`NotImplemented\`: see [operations.md](operations.md).
`;
}

/** What no suite has seen, though it must: an operation succeed, refuse who may not, or refuse as it is documented to. */
export function findGaps(recorded: string): string[] {
  const seen = readRecords(recorded);
  const names = new Set([...OPERATIONS.map(({ name }) => name), ...Object.keys(DOCUMENTED_REFUSALS)]);
  return [...names].flatMap((name) => {
    const byWire = seen.get(name)?.get('wire') ?? new Set<string>();
    const wanted = ['ok', 'AccessDenied', ...(DOCUMENTED_REFUSALS[name] ?? [])];
    return wanted.filter((answer) => !byWire.has(answer)).map((answer) => `${name}: ${answer}`);
  });
}

function code(text: string): string {
  return `\`${text}\``;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { from: { type: 'string' } } });
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(writeTablePages())) writeFileSync(path.join(folder, file), text);
  if (values.from !== undefined) {
    writeFileSync(compatibilityFile, writeCompatibility(values.from));
    for (const gap of findGaps(values.from)) console.error(`not seen: ${gap}`);
  }
}

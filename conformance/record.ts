// What the suites saw a server of ours do: for each operation, which answers. With CONFORMANCE_RECORD=FOLDER each process leaves a file
// there when it ends; `scripts/reference.ts` makes docs/reference/compatibility.md of them, so that the page says what was seen.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** By who asked (`wire`, `ali-oss`, …) and by operation: `ok`, or the codes of refusals. */
type Recorded = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

interface LogLine {
  readonly operation?: string;
  readonly status?: number;
  readonly code?: string;
}

const seen = new Map<string, Map<string, Set<string>>>();
let isWrittenAtExit = false;

/** A destination for the log of a server; undefined when nothing is recorded. */
export function recordAs(asker: string): { write(line: string): void } | undefined {
  const folder = process.env.CONFORMANCE_RECORD;
  if (folder === undefined) return undefined;
  if (!isWrittenAtExit) process.once('exit', () => writeRecord(folder));
  isWrittenAtExit = true;
  return { write: (line) => note(asker, JSON.parse(line)) };
}

/** Who asks, by the file that is run: the client that it drives, or its suite. */
export function askerOf(file: string): string {
  const [suite = '', name = ''] = path.relative(import.meta.dirname, file).split(path.sep);
  if (suite !== 'clients') return suite;
  return clientsWithTests.find((client) => name.startsWith(client)) ?? path.basename(name, '.test.ts');
}

/** Whose tests lie in files that begin with their names. */
const clientsWithTests = ['ali-oss', 'aws-sdk'];

function note(asker: string, { operation, status, code }: LogLine): void {
  if (operation === undefined || status === undefined) return;
  const operations = seen.get(asker) ?? new Map<string, Set<string>>();
  seen.set(asker, operations);
  const answers = operations.get(operation) ?? new Set<string>();
  operations.set(operation, answers);
  // 304 and 412 are answers to a condition that the client set, with no error of its own in the first case.
  answers.add(code ?? (status < 400 ? 'ok' : String(status)));
}

function writeRecord(folder: string): void {
  const record = Object.fromEntries(
    Array.from(seen, ([asker, operations]) => [
      asker,
      Object.fromEntries(Array.from(operations, ([operation, answers]) => [operation, [...answers]])),
    ]),
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${process.pid}.json`), JSON.stringify(record));
}

/** All that was recorded in a folder, joined. */
export function readRecords(folder: string): Map<string, Map<string, Set<string>>> {
  const joined = new Map<string, Map<string, Set<string>>>();
  for (const file of readdirSync(folder)) {
    const record = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Recorded;
    for (const [asker, operations] of Object.entries(record)) {
      for (const [operation, answers] of Object.entries(operations)) {
        const byAsker = joined.get(operation) ?? new Map<string, Set<string>>();
        joined.set(operation, byAsker);
        byAsker.set(asker, new Set([...(byAsker.get(asker) ?? []), ...answers]));
      }
    }
  }
  return joined;
}

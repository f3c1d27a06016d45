// Which process holds the lock of a data directory, read from /proc/locks. Linux only: a courtesy for the message about a directory that is
// in use, so everything that cannot be read is simply not known.

import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

/** @returns e.g. `process 4242 (node)`, or undefined when it cannot be found out */
export async function findLockOwner(dataDir: string): Promise<string | undefined> {
  const lock = await stat(path.join(dataDir, 'lock')).catch(() => undefined);
  if (lock === undefined) return undefined;
  // `1: POSIX  ADVISORY  WRITE 4242 08:01:131073 0 EOF`: the number of the process, then device and file.
  const rows = (await readText('/proc/locks')).split('\n').map((row) => row.trim().split(/\s+/));
  const [, , , kind, pid] = rows.find((columns) => columns[5]?.endsWith(`:${lock.ino}`)) ?? [];
  if (kind !== 'WRITE' || pid === undefined) return undefined;
  const [program = ''] = (await readText(`/proc/${pid}/cmdline`)).split('\0');
  return program === '' ? `process ${pid}` : `process ${pid} (${path.basename(program)})`;
}

const readText = (file: string) => readFile(file, 'utf8').catch(() => '');

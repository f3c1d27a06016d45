// Which process listens on a TCP port of this machine, read from /proc. Linux only, and only processes that the user may look into:
// a courtesy for the message about a busy port, so everything that cannot be read is simply not known.

import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';

const listening = '0A';

/** @returns e.g. `process 4242 (node)`, or undefined when it cannot be found out */
export async function findPortOwner(port: number): Promise<string | undefined> {
  const sockets = await findListeningSockets(port);
  if (sockets.size === 0) return undefined;
  for (const pid of await listNames('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of await listNames(`/proc/${pid}/fd`)) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      if (sockets.has(target)) return `process ${pid} (${await readProgramName(pid)})`;
    }
  }
  return undefined;
}

/** The first word of its command line: the short name in `comm` is that of a thread, which programs change. */
async function readProgramName(pid: string): Promise<string> {
  const [program = ''] = (await readText(`/proc/${pid}/cmdline`)).split('\0');
  return path.basename(program);
}

/** As the links under /proc/PID/fd call them: `socket:[INODE]`. */
async function findListeningSockets(port: number): Promise<Set<string>> {
  const portHex = port.toString(16).toUpperCase().padStart(4, '0');
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(readText));
  const rows = tables.flatMap((table) => table.split('\n').map((row) => row.trim().split(/\s+/)));
  return new Set(
    rows
      .filter(([, local, , state]) => local?.endsWith(`:${portHex}`) && state === listening)
      .map((columns) => `socket:[${columns[9]}]`),
  );
}

const readText = (file: string) => readFile(file, 'utf8').catch(() => '');
const listNames = (folder: string) => readdir(folder).catch(() => []);

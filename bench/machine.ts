// What the figures were measured on, in words: without it they mean nothing.

import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';

/** `statfs` of Linux's file system in memory. */
const tmpfsType = 0x01021994;

/** @param dataFolder where the stores will be, or its nearest parent that is there */
export function describeMachine(dataFolder: string): string[] {
  const [cpu] = cpus();
  const memoryGb = Math.round(totalmem() / 1e9);
  const lines = [
    `${cpu?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${memoryGb} GB of memory`,
    `Linux ${readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim()}, Node ${process.version}, load generator of our own (one process)`,
  ];
  if (statfsSync(nearestExisting(dataFolder)).type === tmpfsType)
    lines.push(`${dataFolder} is in memory: flushes cost nothing there, choose a disk with --data`);
  return lines;
}

function nearestExisting(folder: string): string {
  const absolute = path.resolve(folder);
  return existsSync(absolute) ? absolute : nearestExisting(path.dirname(absolute));
}

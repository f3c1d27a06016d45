// What a server costs: the processor time and the memory of a process, its threads and its children, as /proc tells them; and how much time
// the machine itself was denied.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Utime and stime of these processes and all below them, in microseconds; a tick of the system (10 ms) is its grain. */
export function processMicros(rootPids: readonly number[]): number {
  let ticks = 0;
  for (const pid of processTree(rootPids)) {
    const fields = statFields(pid);
    // Fields 14 to 17 of proc(5), the latter two of children that have ended.
    if (fields) ticks += fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  }
  return (ticks / ticksPerSecond) * 1e6;
}

/**
 * On a virtual machine: how much of the processor time that was wanted from now until the returned function is called its host gave to
 * other machines, between 0 and 1 (`steal` of proc(5)).
 */
export function watchStolenTime(): () => number {
  const before = machineTicks();
  return () => {
    const now = machineTicks();
    const stolen = now.stolen - before.stolen;
    const wanted = now.worked - before.worked + stolen;
    return wanted === 0 ? 0 : stolen / wanted;
  };
}

function machineTicks(): { readonly worked: number; readonly stolen: number } {
  // Of all processors together: user, nice, system, idle, iowait, irq, softirq, steal.
  const line = /^cpu +(.*)$/m.exec(readProc('stat') ?? '')?.[1] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, stolen = 0] = line.split(' ').map(Number);
  return { worked: user + nice + system + irq + softIrq, stolen };
}

/** The most that each process of the tree has had in memory, added up, in bytes. */
export function peakMemoryBytes(rootPids: readonly number[]): number {
  return processTree(rootPids).reduce((sum, pid) => sum + statusBytes(pid, 'VmHWM'), 0);
}

function statusBytes(pid: number, field: string): number {
  const text = readProc(`${pid}/status`) ?? '';
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024;
}

function processTree(rootPids: readonly number[]): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = statFields(Number(name))?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const tree = [...rootPids];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

/** From the state on, field 3 of proc(5): the name before it may hold anything. */
function statFields(pid: number): string[] | undefined {
  const text = readProc(`${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Undefined when the process is gone. */
function readProc(file: string): string | undefined {
  try {
    return readFileSync(`/proc/${file}`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

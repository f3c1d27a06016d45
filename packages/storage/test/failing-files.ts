// Node's file operations over a disk that fails where a test says so.

import type { FileHandle } from 'node:fs/promises';
import { type FileOperations, nodeFiles } from '../src/engines/file-operations.ts';

/** What a disk is asked for: `sync` flushes a folder, `datasync` a file. */
export type DiskCall = 'open' | 'write' | 'datasync' | 'sync';

export interface FailingFiles extends FileOperations {
  /** The error code of every such call from now on. */
  readonly failing: Map<DiskCall, string>;
  /** How often each was called. */
  readonly calls: Map<DiskCall, number>;
}

export function failingFiles(): FailingFiles {
  const failing = new Map<DiskCall, string>();
  const calls = new Map<DiskCall, number>();
  const meet = (call: DiskCall) => {
    calls.set(call, (calls.get(call) ?? 0) + 1);
    const code = failing.get(call);
    if (code !== undefined) throw Object.assign(new Error(`${code}: ${call} fails in this test`), { code });
  };
  const open: FileOperations['open'] = async (...given) => {
    if (given[1] === 'wx') meet('open');
    const file = await nodeFiles.open(...given);
    return new Proxy(file, {
      get(target, name) {
        const value = target[name as keyof FileHandle];
        if (typeof value !== 'function') return value;
        return async (...rest: unknown[]) => {
          if (name === 'write' || name === 'datasync' || name === 'sync') meet(name);
          return Reflect.apply(value as () => unknown, target, rest);
        };
      },
    });
  };
  return { ...nodeFiles, open, failing, calls };
}

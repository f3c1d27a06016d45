// Node's file operations over a disk that fails where a test says so.

import { constants, statSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { type FileOperations, nodeFiles } from '../src/engines/file-operations.ts';

/**
 * What a disk is asked for: `open` makes a file, `openFolder` opens one to flush it, `rm` removes a file, `sync` flushes a folder, `datasync` a
 * file, `writev` does where there is direct I/O.
 */
export type DiskCall = (typeof fileCalls)[number] | 'open' | 'openFolder' | 'rm';

const fileCalls = ['write', 'writev', 'datasync', 'sync', 'close'] as const;

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
    const [name, flags] = given;
    if (isMaking(flags)) meet('open');
    else if (statSync(name, { throwIfNoEntry: false })?.isDirectory()) meet('openFolder');
    const file = await nodeFiles.open(...given);
    return new Proxy(file, {
      get(target, name) {
        const value = target[name as keyof FileHandle];
        if (typeof value !== 'function') return value;
        return async (...rest: unknown[]) => {
          const call = fileCalls.find((known) => known === name);
          try {
            if (call) meet(call);
          } catch (error) {
            // Whatever close says, the file is closed.
            if (call === 'close') await target.close();
            throw error;
          }
          return Reflect.apply(value as () => unknown, target, rest);
        };
      },
    });
  };
  const rm: FileOperations['rm'] = async (...given) => {
    meet('rm');
    return nodeFiles.rm(...given);
  };
  return { ...nodeFiles, open, rm, failing, calls };
}

function isMaking(flags: string | number | undefined): boolean {
  return typeof flags === 'number' ? (flags & constants.O_CREAT) !== 0 : flags === 'wx';
}

/** As on a file system that has no direct I/O. */
export function withoutDirectIo(files: FileOperations = nodeFiles): FileOperations {
  return {
    ...files,
    async open(file, flags, ...more) {
      if (typeof flags === 'number' && flags & constants.O_DIRECT) {
        throw Object.assign(new Error('EINVAL: there is no direct I/O'), { code: 'EINVAL' });
      }
      return files.open(file, flags, ...more);
    },
  };
}

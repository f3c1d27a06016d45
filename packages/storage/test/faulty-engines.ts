// Engines that fail at the n-th call, and at no other: the disk says no, or it is full, or a commit is not known to have happened. Reading a
// blob counts one call for each chunk and one for its end. Closing them closes nothing: the engines within are still looked at afterwards.

import type { BlobStore, BlobWriter } from '../src/blob-store.ts';
import { CommitUnknown, type MetadataStore } from '../src/metadata-store.ts';

export type Fault = 'EIO' | 'ENOSPC' | 'lost before' | 'lost after';

/** The thing that goes wrong once. */
export class FaultAt {
  readonly #fault: Fault;
  #callsLeft: number;
  /** What was called when it went wrong; undefined: nothing has yet. */
  hit: string | undefined;

  constructor(fault: Fault, call: number) {
    this.#fault = fault;
    this.#callsLeft = call;
  }

  /** Makes the call, unless it is the one that fails. `isCommit`: it can end without anybody knowing how. */
  async pass<Result>(name: string, isCommit: boolean, call: () => Promise<Result>): Promise<Result> {
    if (this.hit !== undefined || --this.#callsLeft > 0) return call();
    this.hit = name;
    if (isCommit && this.#fault === 'lost after') await call();
    if (isCommit && this.#fault.startsWith('lost')) throw new CommitUnknown(`${name} was lost`);
    throw Object.assign(new Error(`${name} failed`), { code: this.#fault === 'ENOSPC' ? 'ENOSPC' : 'EIO' });
  }
}

/** What may end without anybody knowing how. */
const commits: readonly string[] = [
  'commitPut',
  'remove',
  'createUpload',
  'commitPart',
  'completeUpload',
  'abortUpload',
  'commitAppend',
];

export function faultyMetadataStore(store: MetadataStore, fault: FaultAt): MetadataStore {
  return new Proxy(store, {
    get(target, name: keyof MetadataStore) {
      const method = target[name] as (...given: unknown[]) => Promise<unknown>;
      if (name === 'close') return async () => {};
      return (...given: unknown[]) =>
        fault.pass(`metadata.${name}`, commits.includes(name), () => method.apply(target, given));
    },
  });
}

export function faultyBlobStore(store: BlobStore, fault: FaultAt): BlobStore {
  return {
    create: (owner) =>
      fault.pass('blobs.create', false, async () => faultyWriter(await store.create(owner), fault)),
    async *read(ref, from, to) {
      const chunks = store.read(ref, from, to)[Symbol.asyncIterator]();
      try {
        for (;;) {
          const { done, value } = await fault.pass('blobs.read', false, () => chunks.next());
          if (done) return;
          yield value;
        }
      } finally {
        await chunks.return?.();
      }
    },
    remove: (blobId) => fault.pass('blobs.remove', false, () => store.remove(blobId)),
    list: () => store.list(),
    close: async () => {},
  };
}

function faultyWriter(writer: BlobWriter, fault: FaultAt): BlobWriter {
  return {
    write: (chunk) => fault.pass('blob.write', false, () => writer.write(chunk)),
    finish: () => fault.pass('blob.finish', false, () => writer.finish()),
    abort: () => fault.pass('blob.abort', false, () => writer.abort()),
  };
}

// The memory engine, except that it forgets every object at once.

import type { PutIntent, PutResult } from '@postern/storage';
import { MemoryMetadataStore } from '../../packages/storage/src/engines/memory-metadata-store.ts';
import { storedSummary, versionIdOfPut } from '../../packages/storage/src/version-rules.ts';

export class NullMetadataStore extends MemoryMetadataStore {
  override async commitPut(put: PutIntent): Promise<PutResult> {
    const bucket = await this.findBucket(put.bucket);
    if (!bucket) return { outcome: 'no-bucket' };
    const record = storedSummary(put, versionIdOfPut(put, bucket.versioning));
    return { outcome: 'stored', record, bucket };
  }
}

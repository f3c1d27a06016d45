// A directory that is gone again when the test file is through.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export function temporaryDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'postern-storage-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

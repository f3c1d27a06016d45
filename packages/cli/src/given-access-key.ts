// The access key that the environment or the configuration file gives.

import type { AccessKeyPair } from './access-key-file.ts';
import { UsageError } from './command-error.ts';
import type { Settings } from './settings.ts';

/** @throws UsageError when only one of the two parts is given */
export function findGivenAccessKey({ accessKeyId, accessKeySecret }: Settings): AccessKeyPair | undefined {
  if (accessKeyId !== undefined && accessKeySecret !== undefined) return { accessKeyId, accessKeySecret };
  if (accessKeyId === undefined && accessKeySecret === undefined) return undefined;
  const missing = accessKeyId === undefined ? 'POSTERN_ACCESS_KEY_ID' : 'POSTERN_ACCESS_KEY_SECRET';
  throw new UsageError(`${missing} is missing: set both parts of the access key, or neither`);
}

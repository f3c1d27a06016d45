// The access key of `postern dev`. It is published here and in the manual, so it protects nothing: servers that use it listen on loopback
// addresses only.

import type { AccessKeyPair } from '../access-key-file.ts';

export const developmentKey: AccessKeyPair = {
  accessKeyId: 'postern-development',
  accessKeySecret: 'published-secret-for-development-only',
};

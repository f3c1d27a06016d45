// The region in a credential of S3: whatever the client was configured with, unless the operator wants it to be this store's.

import { OssError } from '@postern/protocol';
import type { ServerSettings } from '../server-settings.ts';

/**
 * Clients call the region of an OSS endpoint `cn-hangzhou` or `oss-cn-hangzhou`.
 * @throws OssError AuthorizationHeaderMalformed
 */
export function checkS3Region({ region, strictRegion }: ServerSettings, given: string): void {
  if (!strictRegion || given === region || given === `oss-${region}`) return;
  throw new OssError('AuthorizationHeaderMalformed', {
    problem: `the region '${given}' is wrong; expecting '${region}'`,
    Region: region,
  });
}

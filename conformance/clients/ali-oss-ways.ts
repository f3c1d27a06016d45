// The ways in which ali-oss can be told where the server is, and how it signs: what works in one does not always work in another, so that
// everything is tried in each.

import type { Agent } from 'node:http';
import type OSS from 'ali-oss';

export interface Way {
  readonly options: Partial<OSS.Options>;
  /** Only with a name, not with an IP address, does ali-oss make V1 URLs. */
  readonly hasName: boolean;
}

/** @param agent finds every name on this machine */
export function waysTo(endpoint: string, agent: Agent): Readonly<Record<string, Way>> {
  const { port } = new URL(endpoint);
  return {
    // The bucket is in a Host of Alibaba's that ali-oss makes up.
    'an IP address': { options: { endpoint }, hasName: false },
    // The bucket is in that Host, and in the path too.
    'an IP address with sldEnable': { options: { endpoint, sldEnable: true }, hasName: false },
    'localhost with sldEnable': {
      options: { endpoint: `http://localhost:${port}`, sldEnable: true },
      hasName: true,
    },
    'a host name with the bucket in front': {
      options: { endpoint: `http://oss.localhost:${port}`, agent },
      hasName: true,
    },
  };
}

export const signatures = { V1: {}, V4: { authorizationV4: true } };

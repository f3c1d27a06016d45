// DescribeRegions: this store is one region, whatever it calls itself.

import { writeRegionList } from '@postern/protocol/xml';
import type { Reply, ServiceCall } from '../call.ts';
import { endpointOf } from '../http/endpoint.ts';
import { xmlReply } from '../http/xml-reply.ts';

/** `?regions` all, `?regions=oss-cn-hangzhou` that one if it is ours. */
export async function describeRegions(call: ServiceCall): Promise<Reply> {
  const { region } = call.services.settings;
  const asked = call.request.query.get('regions');
  const isOurs = !asked || asked === `oss-${region}`;
  return xmlReply(writeRegionList(isOurs ? [{ region, endpoint: endpointOf(call) }] : []));
}

// ListLiveChannel: always empty. Nothing is streamed through this store, but programs that clean up a bucket ask.

import { writeLiveChannelList } from '@postern/protocol/xml';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';
import { parseMaxKeys } from '../objects/list-parameters.ts';

export async function listLiveChannel({ request: { query } }: BucketCall): Promise<Reply> {
  const prefix = query.get('prefix') ?? '';
  const marker = query.get('marker') ?? '';
  return xmlReply(writeLiveChannelList({ prefix, marker, maxKeys: parseMaxKeys(query) }));
}

// A document as a successful answer.

import type { Reply } from '../call.ts';

/** 200 with the document; `headers` beside its content type. */
export function xmlReply(document: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body: document };
}

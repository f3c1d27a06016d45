// The upload callback: after a form is stored, the application's server is told, and its answer becomes the uploader's.
// Contract (see shared by handlers): parse the configuration before the file is read, send after the object is committed.

import type { PostFields } from '@postern/protocol';

/** What a callback can tell: the system variables of the callback manual. */
export interface CallbackFacts {
  readonly bucket: string;
  readonly object: string;
  /** Without quotes. */
  readonly etag: string;
  readonly size: number;
  readonly mimeType: string;
  readonly crc64: string;
  /** Base64. */
  readonly contentMd5: string;
  readonly clientIp: string;
  readonly reqId: string;
  readonly operation: string;
  readonly accessKeyId: string;
}

/** A checked configuration; opaque to handlers. */
export interface CallbackPlan {
  readonly urls: readonly string[];
  readonly host: string | undefined;
  readonly body: string;
  readonly bodyType: 'application/x-www-form-urlencoded' | 'application/json';
  readonly sni: boolean;
  /** `x:` variables by their full name. */
  readonly variables: ReadonlyMap<string, string>;
}

export interface CallbackReply {
  readonly contentType: string;
  readonly body: Uint8Array;
}

export interface CallbackSender {
  /**
   * @returns undefined when the form asks for no callback
   * @throws OssError InvalidArgument.callback… before anything is stored
   */
  plan(fields: PostFields): CallbackPlan | undefined;
  /** @throws OssError CallbackFailed.…; the object stays */
  send(plan: CallbackPlan, facts: CallbackFacts): Promise<CallbackReply>;
}

// One request on its way through the server, as handlers see it: parsed, named, without a socket. A handler turns a call into a reply
// or throws an OssError.

import type { BucketName, Hashes, ObjectName, PostForm } from '@postern/protocol';
import type { BucketRecord, ObjectStore } from '@postern/storage';
import type { Credentials, Identity } from './access/credentials.ts';
import type { CallbackSender } from './callback/callback.ts';
import type { SignedPolicies } from './form/signed-policies.ts';
import type { RequestLoad } from './http/load.ts';
import type { ServerSettings } from './server-settings.ts';

/** An HTTP request whose framing has been checked. */
export interface OssRequest {
  /** 24 upper-case hex digits, the first 8 the unix time; always made by the server. */
  readonly id: string;
  readonly receivedAtMs: number;
  readonly method: string;
  /** The authority the client addressed: lower case, with the port if one was given. */
  readonly host: string;
  /** The path as sent, still percent-encoded, without the query. */
  readonly rawPath: string;
  /** Every query parameter, decoded, in the order sent. */
  readonly queryList: readonly (readonly [name: string, value: string])[];
  /** By name; of a repeated parameter the first. */
  readonly query: ReadonlyMap<string, string>;
  /** Names in lower case, values as UTF-8 text. A header that may not be repeated never is (framing has been checked). */
  readonly headers: ReadonlyMap<string, string>;
  /** The peer's IP address. */
  readonly clientAddress: string;
  /** From Content-Length; undefined for a chunked body or none. */
  readonly contentLength: number | undefined;
  /**
   * Can be read once; a chunk is valid until the next one is asked for. Throws OssError IncompleteBody or RequestTimeout when the client
   * cuts off or stalls.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** The body is held against a digest that its sender gave, other than Content-MD5. */
  readonly isBodyChecked?: boolean;
  /** What it takes of what all requests share. */
  readonly load: RequestLoad;
}

/** Who is asking. */
export type Caller =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'signed';
      readonly accessKeyId: string;
      /** For whom they act: the account itself, or that of a user or a session. */
      readonly account: string;
      readonly identity: Identity;
    };

/** The protocols that are spoken here. */
export type DialectName = 'oss' | 's3';

/** What becomes known of a request on its way; the log line and the explanation of a refusal are made from it. */
export interface RequestTrace {
  /** In which it was asked, and is to be answered; undefined until something of it has been understood. */
  dialect?: DialectName;
  operation?: string;
  bucket?: string;
  key?: string;
  /** As claimed by the request; not yet proven when the signature is wrong. */
  accessKeyId?: string;
  /** Of a refusal by the token service, which has codes of its own. */
  stsCode?: string;
  /** Of a form upload, once its fields are read. */
  form?: PostForm;
  /** Of a form upload, the bytes of its file that came in. */
  fileBytes?: number;
}

/** What every handler may use. Made once at start; tests make their own. */
export interface Services {
  readonly store: ObjectStore;
  readonly credentials: Credentials;
  readonly callbacks: CallbackSender;
  readonly settings: ServerSettings;
  readonly hashes: Hashes;
  readonly policies: SignedPolicies;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

export interface ServiceCall {
  readonly request: OssRequest;
  readonly caller: Caller;
  readonly services: Services;
  readonly trace: RequestTrace;
}

/** On a bucket that may or may not exist. */
export interface BucketNameCall extends ServiceCall {
  readonly bucketName: BucketName;
}

/** On a bucket that exists. */
export interface BucketCall extends BucketNameCall {
  readonly bucket: BucketRecord;
}

/** On an object, existing or not, of a bucket that exists. */
export interface ObjectCall extends BucketCall {
  readonly key: ObjectName;
}

/** What goes back. `serve` adds the headers that every answer has (request id, Date, Server, CORS). */
export interface Reply {
  readonly status: number;
  /** Names in lower case; values as UTF-8 text. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Text goes out as UTF-8. A stream without `content-length` goes out in chunks. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}

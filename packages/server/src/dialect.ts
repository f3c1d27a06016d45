// The two dialects that requests come in, OSS's own and S3's, as far as they differ: who signed, which operation is meant, and how the
// answer is worded. Between these ends a request is one of OSS, and no handler knows which it was (docs/decisions, "Two dialects").

import type { Address, OssError } from '@postern/protocol';
import { writeError } from '@postern/protocol/xml';
import { authenticate } from './access/authenticate.ts';
import type { Caller, DialectName, OssRequest, Reply, RequestTrace, Services } from './call.ts';
import { findOperation, type Operation } from './operations.ts';

/** A request whose signer is known. */
export interface AuthenticatedRequest {
  /** In the words of OSS, its body held against what was signed. */
  readonly request: OssRequest;
  readonly caller: Caller;
  readonly address: Address;
}

export interface RefusalFacts {
  readonly requestId: string;
  /** Undefined when there was no request that could be understood. */
  readonly request: OssRequest | undefined;
  /** A HEAD has no body to put the document in. */
  readonly isHead: boolean;
}

export interface Dialect {
  readonly name: DialectName;
  /** @param readings of the address, the likeliest first @throws OssError */
  authenticate(
    request: OssRequest,
    readings: readonly Address[],
    services: Services,
    trace: RequestTrace,
  ): AuthenticatedRequest;
  /** @throws OssError NotImplemented, MethodNotAllowed */
  findOperation(request: OssRequest, address: Address): Operation;
  /** What a handler answered, in this dialect's documents. */
  wordAnswer(reply: Reply): Reply;
  wordRefusal(refusal: OssError, facts: RefusalFacts): Reply;
  /** The last step of every answer. Names in lower case. */
  wordHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
}

export const ossDialect: Dialect = {
  name: 'oss',
  authenticate: (request, readings, services, trace) => ({
    request,
    ...authenticate(request, readings, services, trace),
  }),
  findOperation: ({ method, query, headers }, { target }) => findOperation(method, target, query, headers),
  wordAnswer: (reply) => reply,
  wordRefusal(refusal, { requestId, request, isHead }) {
    const document = writeError({ error: refusal, requestId, hostId: request?.host ?? '' });
    return {
      status: refusal.status,
      headers: {
        'content-type': 'application/xml',
        ...refusal.headers,
        ...(refusal.ec !== undefined && { 'x-oss-ec': refusal.ec }),
        ...(isHead && { 'x-oss-err': Buffer.from(document).toString('base64') }),
      },
      ...(!isHead && { body: document }),
    };
  },
  wordHeaders: (headers) => headers,
};

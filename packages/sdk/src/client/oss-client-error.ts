// What can go wrong between a client and a store: the store refuses, or it cannot be reached. Both carry what a program needs to decide
// and a sentence for people.

/** The store's refusal, as its error document says it. */
export class OssClientError extends Error {
  override readonly name = 'OssClientError';
  readonly status: number;
  /** The OSS code, e.g. `NoSuchKey`; `HTTP404` and the like when the answer held no error document. */
  readonly code: string;
  /** The finer code, e.g. `0026-00000001`. */
  readonly ec: string | undefined;
  readonly requestId: string | undefined;

  constructor(
    { status, code, ec, requestId }: Pick<OssClientError, 'status' | 'code' | 'ec' | 'requestId'>,
    message: string,
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.ec = ec;
    this.requestId = requestId;
  }
}

/** No answer came: the name did not resolve, nothing listens there, the connection broke. `cause` is the system's error. */
export class OssConnectionError extends Error {
  override readonly name = 'OssConnectionError';
  /** e.g. `http://127.0.0.1:9780`. */
  readonly origin: string;

  constructor(origin: string, cause: NodeJS.ErrnoException) {
    super(`${origin}: ${describe(cause)}`, { cause });
    this.origin = origin;
  }
}

function describe(cause: NodeJS.ErrnoException): string {
  switch (cause.code) {
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'this host name does not resolve';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'the connection was closed before an answer came';
    case 'ETIMEDOUT':
      return 'no answer came in time';
    default:
      return cause.message || (cause.code ?? 'the request failed');
  }
}

/** What arrived is not what was sent, or the other way round. */
export class OssIntegrityError extends Error {
  override readonly name = 'OssIntegrityError';
}

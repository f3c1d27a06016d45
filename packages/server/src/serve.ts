// One request from its first header to its log line. The only catch: whatever is thrown below becomes an answer here, and an error that
// is no refusal becomes InternalError, or ServiceUnavailable where the disk is why, and an entry in the log.

import { type Address, isServiceHost, OssError, type PostExplanation, parseAddress } from '@postern/protocol';
import type { CorsConfiguration } from '@postern/protocol/xml';
import { type BucketRecord, CommitUnknown, isOutOfRoom, VolumeFailed } from '@postern/storage';
import { authorize, authorizeName } from './access/authorize.ts';
import { limitTraffic, parseTrafficLimit } from './body/traffic-limit.ts';
import { bucketCors } from './buckets/bucket-documents.ts';
import { answerPreflight, corsHeaders } from './buckets/cors.ts';
import { answerAsPage, findSite } from './buckets/website.ts';
import type { Caller, DialectName, OssRequest, Reply, RequestTrace, Services } from './call.ts';
import {
  type CallbackKeySource,
  callbackPublicKeyPath,
  replyWithCallbackKey,
} from './callback/callback-key.ts';
import { type Dialect, ossDialect } from './dialect.ts';
import { RefusalExplainer, writeExplanation } from './form/refusal-explainer.ts';
import { type Log, logRequest } from './http/access-log.ts';
import type { Exchange, Sent, Serve } from './http/exchange.ts';
import { checkFraming } from './http/framing.ts';
import type { Load, RequestLoad } from './http/load.ts';
import { makeRequestId } from './http/request-id.ts';
import { isS3Request, s3Dialect } from './s3/s3-dialect.ts';
import { asksForToken, type TokenService } from './token-service.ts';

export interface ServeOptions {
  readonly services: Services;
  readonly callbackKey: CallbackKeySource;
  readonly tokens: TokenService;
  readonly load: Load;
  readonly log: Log;
}

export function createServe({ services, callbackKey, tokens, load, log }: ServeOptions): Serve {
  const explainer = new RefusalExplainer(services);
  return async (exchange) => {
    const run: Run = {
      services,
      callbackKey,
      tokens,
      load: load.enter(exchange.clientAddress),
      log,
      exchange,
      explainer,
      id: makeRequestId(services.clock()),
      receivedAtMs: services.clock(),
      trace: {},
    };
    const reply = await answer(run);
    const isRefusedUpload = run.refusal !== undefined && ['POST', 'PUT'].includes(exchange.message.method);
    return {
      reply,
      isLast: run.request === undefined || isRefusedUpload,
      finish: (sent) => {
        run.load.leave();
        writeLog(run, reply, sent);
      },
    };
  };
}

/** One request as far as it got. */
interface Run extends Omit<ServeOptions, 'load'> {
  readonly load: RequestLoad;
  readonly explainer: RefusalExplainer;
  readonly exchange: Exchange;
  readonly id: string;
  readonly receivedAtMs: number;
  readonly trace: RequestTrace;
  request?: OssRequest;
  bucket?: BucketRecord | undefined;
  /** Why the answer is not the one asked for. */
  refusal?: OssError;
  explanation?: PostExplanation | undefined;
  /** What the client asked not to be exceeded, either way. */
  bitsPerSecond?: number | undefined;
}

async function answer(run: Run): Promise<Reply> {
  try {
    return withCommonHeaders(run, await carryOut(run));
  } catch (error) {
    return withCommonHeaders(run, refuse(run, error));
  }
}

async function carryOut(run: Run): Promise<Reply> {
  const { services, trace } = run;
  const request = readRequest(run);
  run.request = request;
  trace.dialect = isS3Request(request) ? 's3' : 'oss';
  if (asksForCallbackKey(request, services)) return replyWithCallbackKey(run.callbackKey);
  if (asksForToken(request, services.settings)) return run.tokens.answer(request, trace);
  const readings = readAddress(request, services);
  const [address] = readings as [Address];
  if (address.target !== 'service') trace.bucket = address.bucket;
  if (address.target === 'object') trace.key = address.key;
  run.bucket = await findBucket(address, services);
  run.bitsPerSecond = parseTrafficLimit(request);
  if (request.method === 'OPTIONS') {
    trace.operation = 'OptionObject';
    return answerPreflight(corsRules(run), request.headers, services.settings.development);
  }
  const reply = await carryOutOperation(run, request, readings);
  return limitReply(run, dialectOf(run).wordAnswer(reply));
}

async function carryOutOperation(run: Run, asked: OssRequest, readings: readonly Address[]): Promise<Reply> {
  const { services, trace } = run;
  const dialect = dialectOf(run);
  const [likeliest] = readings as [Address];
  // A form carries its own signature, in its fields; one in a header or the query is not looked at (PostObject reference).
  const isForm =
    likeliest.target === 'bucket' && dialect.findOperation(asked, likeliest).name === 'PostObject';
  const { request, caller, address } = isForm
    ? { request: asked, caller: anonymous, address: likeliest }
    : dialect.authenticate(asked, readings, services, trace);
  const operation = dialect.findOperation(request, address);
  trace.operation = operation.name;
  const call = { request, caller, services, trace };
  if (operation.on === 'service') {
    await authorize(call, operation.action, {});
    return operation.handler(call);
  }
  if (address.target === 'service') throw new Error(`${operation.name} found for a request without a bucket`);

  const bucketName = address.bucket;
  trace.bucket = bucketName;
  if (address !== likeliest) run.bucket = await findBucket(address, services);
  const { bucket } = run;
  if (operation.on === 'bucket-name') {
    await authorizeName(call, operation.action, bucketName, bucket);
    return operation.handler({ ...call, bucketName });
  }
  if (bucket === undefined) throw new OssError('NoSuchBucket', { BucketName: bucketName });
  const site = findSite(caller, operation, bucket);
  if (site) {
    const key = address.target === 'object' ? address.key : undefined;
    return answerAsPage({ ...call, bucketName, bucket }, site, key);
  }
  if (operation.on === 'bucket') {
    if (!isForm) await authorize(call, operation.action, { bucket });
    return operation.handler({ ...call, bucketName, bucket });
  }
  if (address.target !== 'object') throw new Error(`${operation.name} found for a request without an object`);

  const { key } = address;
  trace.key = key;
  await authorize(call, operation.action, { bucket, key, versionId: request.query.get('versionId') });
  return operation.handler({ ...call, bucketName, bucket, key });
}

const dialects: Readonly<Record<DialectName, Dialect>> = { oss: ossDialect, s3: s3Dialect };

/** What was not understood is answered in OSS's. */
function dialectOf({ trace }: Run): Dialect {
  return dialects[trace.dialect ?? 'oss'];
}

const anonymous: Caller = { kind: 'anonymous' };

// --- The request ---

/** The path can name no bucket, but below a bucket's own host it would name an object. */
function asksForCallbackKey({ method, rawPath, host }: OssRequest, { settings }: Services): boolean {
  const { baseDomains } = settings;
  return method === 'GET' && rawPath === callbackPublicKeyPath && isServiceHost({ host, baseDomains });
}

function readRequest(run: Run): OssRequest {
  const { exchange, id, receivedAtMs } = run;
  if (exchange.fault) throw exchange.fault;
  const { host, rawPath, queryList, headers, contentLength } = checkFraming(exchange.message);
  return {
    id,
    receivedAtMs,
    method: exchange.message.method,
    host,
    rawPath,
    queryList,
    // Of a repeated parameter the first counts: filled from the last to the first.
    query: new Map([...queryList].reverse()),
    headers,
    clientAddress: exchange.clientAddress,
    contentLength,
    body: limitBody(run),
    load: run.load,
  };
}

/** Nobody reads a body before the head of its request has been understood, and with it the limit. */
function limitBody(run: Run): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const { bitsPerSecond, exchange } = run;
      const body = bitsPerSecond === undefined ? exchange.body : limitTraffic(exchange.body, bitsPerSecond);
      return body[Symbol.asyncIterator]();
    },
  };
}

function limitReply({ bitsPerSecond }: Run, reply: Reply): Reply {
  const { body } = reply;
  const streams = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
  if (bitsPerSecond === undefined || !streams) return reply;
  return { ...reply, body: limitTraffic(body, bitsPerSecond) };
}

/** Every way to read the address, the likeliest first. @throws OssError */
function readAddress({ host, rawPath }: OssRequest, { settings }: Services): readonly Address[] {
  const { otherReading, ...address } = parseAddress({ host, rawPath, baseDomains: settings.baseDomains });
  return otherReading ? [address, otherReading] : [address];
}

async function findBucket(address: Address, { store }: Services): Promise<BucketRecord | undefined> {
  return address.target === 'service' ? undefined : store.findBucket(address.bucket);
}

// --- The answer ---

/** The answer to a request that is not carried out, or not to its end. */
function refuse(run: Run, error: unknown): Reply {
  const refusal = error instanceof OssError ? error : failureOf(error);
  run.refusal = refusal;
  run.explanation = explain(run, refusal);
  const isHead = run.exchange.message.method === 'HEAD';
  const reply = dialectOf(run).wordRefusal(refusal, { requestId: run.id, request: run.request, isHead });
  if (!run.explanation || !run.services.settings.development) return reply;
  return { ...reply, headers: { ...reply.headers, 'x-postern-explain': writeExplanation(run.explanation) } };
}

/** A form that cannot be explained must not cost the answer, nor the process. */
function explain({ explainer, trace, services, log, id }: Run, refusal: OssError) {
  try {
    // By the time of the refusal: a policy may expire while its file is sent.
    return explainer.explain(refusal, trace, services.clock());
  } catch (error) {
    log.error({ error, request: id }, 'a refusal was not explained');
    return undefined;
  }
}

/** An error that is no refusal: ours, or the disk's. */
function failureOf(cause: unknown): OssError {
  if (isOutOfRoom(cause)) return new OssError('ServiceUnavailable.diskFull', {}, { cause });
  const isReadOnly = cause instanceof VolumeFailed || cause instanceof CommitUnknown;
  return new OssError(isReadOnly ? 'ServiceUnavailable.readOnly' : 'InternalError', {}, { cause });
}

function withCommonHeaders(run: Run, reply: Reply): Reply {
  const { request, services, receivedAtMs } = run;
  const headers: Record<string, string> = {
    server: 'Postern',
    'x-oss-request-id': run.id,
    'x-oss-server-time': String(Math.max(0, services.clock() - receivedAtMs)),
    'x-content-type-options': 'nosniff',
  };
  const cors = request && corsHeaders(corsRules(run), request, services.settings.development);
  Object.assign(headers, cors, reply.headers);
  // A preflight has the CORS headers already.
  if (cors?.vary !== undefined && reply.headers?.vary !== undefined && cors.vary !== reply.headers.vary)
    headers.vary = `${cors.vary}, ${reply.headers.vary}`;
  return { ...reply, headers: dialectOf(run).wordHeaders(headers) };
}

function corsRules({ bucket }: Run): CorsConfiguration | undefined {
  return bucket && bucketCors.find(bucket);
}

function isOurFault({ code }: OssError): boolean {
  return code === 'InternalError' || code === 'ServiceUnavailable';
}

function writeLog(run: Run, reply: Reply, { bytesIn, bytesOut, failure }: Sent): void {
  const { id, trace, refusal, exchange } = run;
  logRequest(run.log, {
    requestId: id,
    method: exchange.message.method,
    status: reply.status,
    clientAddress: exchange.clientAddress,
    bytesIn,
    bytesOut,
    durationMs: Math.max(0, run.services.clock() - run.receivedAtMs),
    operation: trace.operation,
    bucket: trace.bucket,
    key: trace.key,
    accessKeyId: trace.accessKeyId,
    code: refusal?.code ?? trace.stsCode,
    ec: refusal?.ec,
    error: refusal && isOurFault(refusal) ? (refusal.cause ?? refusal) : failure,
    explain: run.explanation && { ...run.explanation },
  });
}

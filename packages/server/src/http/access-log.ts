// One line for each request: JSON for machines, a sentence for a person at a terminal. An entry has a place for everything that may be told
// and none for headers, fields or queries, so a secret has no way in but through `explain` and `error`, and those are searched for it.

import { createRequire } from 'node:module';
import pino, { type DestinationStream, type Logger } from 'pino';
import { GatheredLines } from './gathered-lines.ts';
import { ClientGone } from './write-answer.ts';

export type Log = Logger;

export interface LogOptions {
  /** A sentence for each request instead of JSON. */
  readonly pretty: boolean;
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Standard output unless given. */
  readonly destination?: DestinationStream;
}

export interface RequestLogEntry {
  readonly requestId: string;
  readonly method: string;
  /** Undefined when the request fitted none. */
  readonly operation?: string | undefined;
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
  readonly status: number;
  /** The OSS code of a refusal, and the finer one. */
  readonly code?: string | undefined;
  readonly ec?: string | undefined;
  /** Of the bodies. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMs: number;
  readonly clientAddress: string;
  readonly accessKeyId?: string | undefined;
  /** Why a form was refused: what was wanted, what came. */
  readonly explain?: Readonly<Record<string, unknown>> | undefined;
  /** What failed, or {@link ClientGone}; its causes are written too. */
  readonly error?: unknown;
}

/** Lines of other kinds go through it too; their errors belong under `error`. */
export function createLog(options: LogOptions): Log {
  return openLog(options).log;
}

export interface LogOutput {
  readonly log: Log;
  /** Takes whole lines of JSON from the log of another thread. */
  writeLines(text: string): void;
}

export function openLog({ pretty, level, destination }: LogOptions): LogOutput {
  const lines = destination ?? standardOutput(level);
  const out = pretty ? prettify(lines, !destination && process.stdout.isTTY === true) : lines;
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${isoTime(Date.now())}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: {
      explain: (explain: unknown) => withoutSecrets(explain),
      error: (error: unknown) => describeError(error),
      // Nobody has proved that this is an access key: a form can say anything there.
      accessKeyId: (claimed: unknown) => withoutSecrets(claimed),
    },
  };
  return {
    log: pino(options, out),
    writeLines(text) {
      if (out === lines && !destination) lines.write(text);
      else for (const line of text.split('\n')) if (line !== '') out.write(`${line}\n`);
    },
  };
}

/** The text of the millisecond that was written last: many lines share one, and the calendar is what costs. */
let lastTime = { timeMs: 0, text: new Date(0).toISOString() };

function isoTime(timeMs: number): string {
  if (timeMs !== lastTime.timeMs) lastTime = { timeMs, text: new Date(timeMs).toISOString() };
  return lastTime.text;
}

function standardOutput(level: LogOptions['level']): DestinationStream {
  if (level === 'silent') return { write: () => {} };
  // Not synchronous: a reader of our output that falls behind must not hold up requests. What is left is written at exit.
  const lines = new GatheredLines(pino.destination({ dest: 1, sync: false }));
  // In front of the destination's own listener, so that it still gets these.
  process.prependListener('exit', () => lines.flush());
  return lines;
}

/** A failure on our side is logged as an error, everything else as information. */
export function logRequest(log: Log, entry: RequestLogEntry): void {
  // The status is out before a body turns out to be damaged.
  const isCutByUs = entry.error !== undefined && !(entry.error instanceof ClientGone);
  log[entry.status >= 500 || isCutByUs ? 'error' : 'info'](entry);
}

// --- Secrets ---

const hidden = '[hidden]';
const textCharsMax = 2048;
const depthMax = 6;
const itemsMax = 100;

/** What no line may hold: credentials, and what works like one until it expires. In any case; `-` and `_` may stand anywhere. */
const SECRET_NAMES: readonly string[] = [
  'authorization',
  'signature',
  'policy',
  'securityToken',
  'accessKeySecret',
  'secretAccessKey',
  'secret',
  'password',
  'cookie',
];
const secretName = SECRET_NAMES.map((name) => [...name].join('[-_]?')).join('|');
/** With what may stand before a name: `x-oss-`, `x-amz-`, `set-`. */
const secretProperty = new RegExp(`^(?:[a-z-]+-)?(?:${secretName})$`, 'i');
/** In a query, a header, or JSON, escaped or not. */
const secretInText = new RegExp(
  `((?:${secretName})[\\\\"']*\\s*[=:]\\s*[\\\\"']*)(?:(?:OSS|AWS)\\s+)?[^\\s"'&,;]+`,
  'gi',
);
/** OSS's V1, and S3's version 2, which it came from. */
const authorizationV1 = /\b(OSS|AWS)\s+[^\s:]+:[A-Za-z0-9+/]+=*/g;

/** A copy to write down, bounded in depth, width and length. */
function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return hideInText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === depthMax) return '…';
  if (Array.isArray(value)) {
    return value.slice(0, itemsMax).map((item) => withoutSecrets(item, depth + 1));
  }
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, itemsMax)
      .map(([name, item]) => [name, secretProperty.test(name) ? hidden : withoutSecrets(item, depth + 1)]),
  );
}

function hideInText(text: string): string {
  const shown = text.length > textCharsMax ? `${text.slice(0, textCharsMax)}…` : text;
  // Without either of them no secret is named.
  if (!/[=:]/.test(shown)) return shown;
  return shown.replace(secretInText, `$1${hidden}`).replace(authorizationV1, `$1 ${hidden}`);
}

/** Its stack, and those of its causes; other properties stay out, since they may hold anything. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return withoutSecrets(error);
  const { code } = error as NodeJS.ErrnoException;
  return {
    type: error.name,
    message: hideInText(error.message),
    ...(code === undefined ? {} : { code }),
    stack: hideInText(error.stack ?? ''),
    ...(error.cause === undefined || depth === depthMax
      ? {}
      : { cause: describeError(error.cause, depth + 1) }),
  };
}

// --- For a person ---

/** Told in the sentence or of no interest at a terminal. */
const FIELDS_LEFT_OUT: readonly (keyof RequestLogEntry)[] = [
  'requestId',
  'method',
  'operation',
  'bucket',
  'key',
  'status',
  'code',
  'ec',
  'bytesIn',
  'bytesOut',
  'durationMs',
  'clientAddress',
  'accessKeyId',
];

function prettify(lines: DestinationStream, colorize: boolean): DestinationStream {
  // Loaded here and not at the top: only a terminal needs it, and it brings thirty modules along.
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
  const format = prettyFactory({
    colorize,
    translateTime: 'SYS:HH:MM:ss',
    ignore: FIELDS_LEFT_OUT.join(','),
    messageFormat: (line, messageKey) =>
      printable(
        'requestId' in line
          ? writeSentence(line as unknown as RequestLogEntry)
          : String(line[messageKey] ?? ''),
      ),
  });
  return { write: (line) => lines.write(format(line)) };
}

/** `204 PostObject photos/a.txt 1024 bytes in, 0 out, 12 ms`, and for a refusal its codes and the id to ask about. */
function writeSentence(entry: RequestLogEntry): string {
  const { status, operation, method, bucket, key, bytesIn, bytesOut, durationMs, code, ec, requestId } =
    entry;
  const target = bucket === undefined ? '' : ` ${bucket}${key === undefined ? '' : `/${key}`}`;
  const refusal = code === undefined ? '' : `, ${[code, ec, requestId].filter(Boolean).join(' ')}`;
  return `${status} ${operation ?? method}${target} ${bytesIn} bytes in, ${bytesOut} out, ${durationMs} ms${refusal}`;
}

/** An object name may hold what a terminal obeys; JSON escapes it by itself. */
function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

// Why an upload failed: a kind for programs, a sentence for people in English or Chinese, and what storage said, if it answered.
// One row for each kind; `{…}` is filled from the facts of the case.

import { writeSize } from '../byte-size.ts';

/** With `{facts}` to be filled in. */
export type Sentence = readonly [en: string, zh: string];

const SENTENCES = {
  'too-large': ['The file is too large: {size}, limit {limit}.', '文件太大：{size}，上限 {limit}。'],
  'too-small': ['The file is too small: {size}, minimum {limit}.', '文件太小：{size}，下限 {limit}。'],
  'wrong-name': ['The name {got} is not allowed here.', '不允许使用名称 {got}。'],
  'wrong-type': ['Files of type {got} are not accepted here.', '不接受类型为 {got} 的文件。'],
  exists: ['A file of this name exists.', '同名文件已存在。'],
  expired: ['The form has expired, please try again.', '表单已过期，请重试。'],
  form: ['The form is not usable.', '表单无法使用。'],
  refused: ['Storage refused the file: {message}', '存储服务拒绝了该文件：{message}'],
  callback: ['The file was stored, but the site was not told.', '文件已存储，但未能通知应用服务器。'],
  csp: ['This page may not send files there.', '此页面不允许向该地址发送文件。'],
  unreadable: ['The file was sent, but the answer is not readable.', '文件已发送，但无法读取响应。'],
  offline: ['There is no network connection.', '没有网络连接。'],
  network: ['No answer from storage.', '存储服务没有可读取的响应。'],
} as const satisfies Record<string, Sentence>;

/**
 * `too-large`, `too-small`, `wrong-name`, `wrong-type`, `form`: found before sending, or by storage. `exists`, `expired`, `refused`:
 * storage's answer. `callback`: stored, but the application was not told. `csp`, `offline`: nothing was
 * sent. `unreadable`: everything was sent and the browser hides the answer; the file is probably there. `network`: no answer, and not
 * everything is known to have been sent; without a progress listener that is never known, and the file may be there too.
 */
export type UploadErrorKind = keyof typeof SENTENCES;

export type Language = 'en' | 'zh';

/** What storage said, as far as it is known. */
export interface Refusal {
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The OSS code, e.g. `AccessDenied`. */
  readonly code?: string | undefined;
  /** The finer error code, e.g. `0006-00000213`. */
  readonly ec?: string | undefined;
  readonly requestId?: string | undefined;
  /** The likely cause and what to do about it, for whoever builds the page. */
  readonly explain?: string | undefined;
}

/** An upload that did not happen, or of which one cannot be sure. `message` can be shown to the person who chose the file. */
export class UploadError extends Error implements Refusal {
  declare readonly kind: UploadErrorKind;
  declare readonly status: number;
  declare readonly code: string | undefined;
  declare readonly ec: string | undefined;
  declare readonly requestId: string | undefined;
  declare readonly explain: string | undefined;

  constructor(
    kind: UploadErrorKind,
    language: Language,
    facts: Readonly<Record<string, string>> = {},
    refusal: Partial<Refusal> = {},
  ) {
    super(writeSentence(SENTENCES[kind], language, facts));
    Object.assign(this, { name: 'UploadError', kind, status: 0 }, refusal);
  }
}

export function writeSentence(
  sentence: Sentence,
  language: Language,
  facts: Readonly<Record<string, string>>,
): string {
  return sentence[language === 'zh' ? 1 : 0].replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? '');
}

/** Two sizes to read side by side: `12.4 MB` and `10 MB`, or exact bytes where rounding would make them look alike. */
export function writeSizes(bytes: number, limitBytes: number): { size: string; limit: string } {
  const size = writeSize(bytes);
  const limit = writeSize(limitBytes);
  return size === limit ? { size: `${bytes} B`, limit: `${limitBytes} B` } : { size, limit };
}

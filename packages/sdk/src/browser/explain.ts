// The likely cause of a failure that the browser or the policy reports in a way nobody can act on, for whoever builds the page.

import type { FieldRule } from './form-rules.ts';
import type { Answer } from './send-form.ts';
import {
  type Language,
  type Sentence,
  UploadError,
  type UploadErrorKind,
  writeSentence,
} from './upload-error.ts';

const CAUSES = {
  preflight: [
    'Sent without progress, as the preflight (OPTIONS) failed: do the CORS rules of {storage} allow POST from {page}?',
    '预检请求（OPTIONS）失败，已改为不带进度发送：{storage} 的 CORS 规则是否允许来自 {page} 的 POST？',
  ],
  csp: [
    'Blocked by the page’s Content-Security-Policy: add {storage} to {directive}.',
    '被页面的 Content-Security-Policy 阻止：请将 {storage} 加入 {directive}。',
  ],
  unreadable: [
    'Do the CORS rules of {storage} allow POST from {page}? The object may exist.',
    '{storage} 的 CORS 规则是否允许来自 {page} 的 POST？对象可能已存在。',
  ],
  network: [
    'Is {storage} running? Do its CORS rules allow POST from {page}? (https cannot post to http, nor a public page to a local address.)',
    '{storage} 是否正在运行？其 CORS 规则是否允许来自 {page} 的 POST？（https 页面不能发送到 http，公网页面不能发送到本地地址。）',
  ],
} as const satisfies Partial<Record<UploadErrorKind | 'preflight', Sentence>>;

export function writeCause(
  cause: keyof typeof CAUSES,
  language: Language,
  url: string,
  directive = '',
): string {
  return writeSentence(CAUSES[cause], language, { storage: new URL(url).origin, page: origin, directive });
}

/** For a request to which the page got no answer. */
export function explainSilence({ sent, blockedBy }: Answer, language: Language, url: string): UploadError {
  if (navigator.onLine === false && !blockedBy) return new UploadError('offline', language);
  const kind = blockedBy ? 'csp' : sent === 1 ? 'unreadable' : 'network';
  return new UploadError(kind, language, {}, { explain: writeCause(kind, language, url, blockedBy) });
}

/** Which condition of the policy the form would break, in the policy's own words. */
export function explainRule({ operator, field, wanted }: FieldRule, got: string | undefined): string {
  return `policy: ${JSON.stringify([operator, `$${field}`, wanted])}, form: ${JSON.stringify(got)}`;
}

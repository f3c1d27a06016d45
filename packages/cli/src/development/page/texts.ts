// Every sentence of the upload page, in English and Chinese. The server writes the page with them and the page's script goes on in the
// same language, so this file must run in both.

export const languages = ['en', 'zh'] as const;
export type Language = (typeof languages)[number];

/** One row for each sentence; `{…}` is filled in where it is shown. */
const TEXTS = {
  title: ['Upload a file', '上传文件'],
  lead: [
    'The file goes straight to storage, by a form that was signed for you. This page has no secret.',
    '文件通过已签名的表单直传到存储，本页面不含任何密钥。',
  ],
  mode: ['development', '开发模式'],
  progress: ['Upload progress', '上传进度'],
  resultTitle: ['Result', '结果'],
  switchLanguage: ['中文', 'English'],
  chooseFile: ['Choose a file', '选择文件'],
  orDrop: ['or drop it here', '或拖到这里'],
  limits: [
    'Up to {max}, stored as {key} in the bucket {bucket}.',
    '最大 {max}，保存到 Bucket {bucket} 的 {key}。',
  ],
  upload: ['Upload', '上传'],
  cancel: ['Cancel', '取消'],
  noFile: ['Choose a file first.', '请先选择文件。'],
  uploading: ['Uploading {name}: {percent} %', '正在上传 {name}：{percent}%'],
  done: ['Uploaded.', '上传成功。'],
  doneMessage: ['{key}, {size}', '{key}，{size}'],
  canceled: ['Canceled.', '已取消。'],
  openObject: ['Open the object', '打开该文件'],
  refused: ['Storage refused it.', '存储拒绝了上传。'],
  failed: ['It did not work.', '上传没有成功。'],
  wasAccepted: ['Storage took it, which this experiment did not expect.', '存储接受了上传，与预期不符。'],
  breakTitle: ['Break it on purpose', '故意出错看看'],
  breakLead: [
    'Each button changes one thing of a good form and sends it, so that you know the refusal when you meet it.',
    '每个按钮只改动正确表单的一处再发送，让你提前认识各种拒绝。',
  ],
  'break-expired': ['Expired policy', 'Policy 已过期'],
  'break-signature': ['Wrong signature', '签名错误'],
  'break-key-id': ['Unknown access key', 'AccessKey 不存在'],
  'break-policy': ['Policy changed after signing', '签名后修改 Policy'],
  'break-prefix': ['Wrong key prefix', 'key 前缀不符'],
  'break-too-large': ['Too large', '文件过大'],
  'break-type': ['Wrong content type', 'Content-Type 不符'],
  'break-order': ['File before the fields', 'file 不在最后'],
  conditionsTitle: ['What the policy asked for', 'Policy 条件核对'],
  condition: ['Condition', '条件'],
  wanted: ['Wanted', '要求'],
  got: ['Got', '实际'],
  verdict: ['Verdict', '结果'],
  met: ['met', '满足'],
  broken: ['not met', '不满足'],
  missing: ['not sent', '未发送'],
  notChecked: ['not reached', '未检查'],
  nearMiss: [
    'You sent "{received}"; "{meant}" was probably meant.',
    '收到 "{received}"，可能应为 "{meant}"。',
  ],
  policyTitle: ['Policy', 'Policy'],
  fieldsTitle: ['Fields sent', '发送的表单域'],
  answerTitle: ['Answer', '响应'],
  headers: ['Headers', '响应头'],
  body: ['Body', '响应体'],
  noBody: ['(no body)', '（无内容）'],
  formUnavailable: [
    'The development server did not give a form: {message}',
    '开发服务器未能提供表单：{message}',
  ],
} as const satisfies Record<string, readonly [en: string, zh: string]>;

export type TextName = keyof typeof TEXTS;

export function writeText(
  language: Language,
  name: TextName,
  facts: Readonly<Record<string, string | number>> = {},
): string {
  return TEXTS[name][language === 'en' ? 0 : 1].replace(/\{(\w+)\}/g, (_, fact) => String(facts[fact] ?? ''));
}

/** What the reader asked for (`?lang=zh`), or else what the browser prefers. */
export function chooseLanguage(asked: string | null, acceptLanguage: string): Language {
  const named = languages.find((language) => language === asked);
  if (named) return named;
  const wishes = acceptLanguage
    .split(',')
    .map((wish) => /^\s*([a-z]+)[^;]*(?:;\s*q=([\d.]+))?/i.exec(wish))
    .map((match) => ({ language: match?.[1]?.toLowerCase(), weight: Number(match?.[2] ?? 1) }))
    .sort((a, b) => b.weight - a.weight);
  return languages.find((language) => language === wishes.find(isKnown)?.language) ?? 'en';
}

function isKnown({ language, weight }: { language: string | undefined; weight: number }): boolean {
  return weight > 0 && (languages as readonly (string | undefined)[]).includes(language);
}

// A form as a page that works from anywhere, a local file included: plain HTML, no script, nothing fetched. Whoever has the page can
// upload until it expires; nobody can learn the secret from it, because it is not there.

import { encodeBase64 } from '@postern/protocol';
import { writeSize } from '../byte-size.ts';
import type { SignedForm, UploadLimits } from '../signed-form.ts';
import { listFormTargets } from './csp.ts';
import { fileNamePlaceholder } from './key-rule.ts';
import { nobleHashes } from './noble-hashes.ts';

export interface HtmlPageOptions {
  readonly language?: 'en' | 'zh';
  readonly title?: string;
  /** The time now, to tell whether the form lives long; milliseconds since the epoch. Default: the clock. */
  readonly nowMs?: number;
}

/** A form that lives longer is as good as a key that was given away. */
export const pageLifetimeMsMax = 24 * 60 * 60 * 1000;

/**
 * A complete document in UTF-8.
 * @throws TypeError for a field that a plain form cannot send as it is (a line break in it)
 */
export function htmlPage(form: SignedForm, options: HtmlPageOptions = {}): string {
  const { language = 'en', nowMs = Date.now() } = options;
  const texts = TEXTS[language];
  const { title = texts.title } = options;
  const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; form-action ${listFormTargets(form).join(' ')}; base-uri 'none'`;
  const accept = form.limits?.contentTypes?.join(',');
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<form action="${escapeHtml(form.url)}" method="post" enctype="multipart/form-data" accept-charset="utf-8">
${writeHiddenFields(form.fields)}
<label for="file">${texts.file}</label>
<input type="file" id="file" name="file" required aria-describedby="limits"${accept ? ` accept="${escapeHtml(accept)}"` : ''}>
<ul id="limits">
${describeForm(form, texts)
  .map((line) => `<li>${escapeHtml(line)}</li>`)
  .join('\n')}
</ul>
<input type="submit" name="submit" value="${texts.submit}">
</form>${writeWarning(form, texts, nowMs)}
</main>
</body>
</html>
`;
}

/** The file input comes after these: storage ignores what follows the file. */
function writeHiddenFields(fields: SignedForm['fields']): string {
  return Object.entries(fields)
    .map(([name, value]) => {
      if (/[\r\n]/.test(name + value))
        throw new TypeError(`a plain form cannot send the line break in "${name}"`);
      return `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`;
    })
    .join('\n');
}

function describeForm({ fields, limits = {}, expires }: SignedForm, texts: Texts): string[] {
  return [
    describeSize(limits, texts),
    limits.contentTypes && texts.types(limits.contentTypes.join(', ')),
    texts.storedAs((fields.key ?? '').replaceAll(fileNamePlaceholder, texts.nameOfFile)),
    expires && texts.until(writeMoment(expires)),
  ].filter((line): line is string => Boolean(line));
}

function describeSize({ minBytes = 0, maxBytes }: UploadLimits, texts: Texts): string | undefined {
  if (maxBytes === undefined) return undefined;
  return minBytes > 1
    ? texts.sizeBetween(writeSize(minBytes), writeSize(maxBytes))
    : texts.sizeUpTo(writeSize(maxBytes));
}

function writeWarning({ expires, expiresAtMs }: SignedForm, texts: Texts, nowMs: number): string {
  if (!expires || expiresAtMs === undefined || expiresAtMs - nowMs <= pageLifetimeMsMax) return '';
  return `\n<p role="note">${escapeHtml(texts.longLived(writeMoment(expires)))}</p>`;
}

/** `2030-01-01T12:00:00.000Z` as `2030-01-01 12:00 UTC`. */
function writeMoment(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

interface Texts {
  readonly title: string;
  readonly file: string;
  readonly submit: string;
  readonly nameOfFile: string;
  sizeUpTo(max: string): string;
  sizeBetween(min: string, max: string): string;
  types(list: string): string;
  storedAs(name: string): string;
  until(moment: string): string;
  longLived(moment: string): string;
}

const TEXTS: Readonly<Record<'en' | 'zh', Texts>> = {
  en: {
    title: 'Upload a file',
    file: 'File',
    submit: 'Upload',
    nameOfFile: '‹name of the file›',
    sizeUpTo: (max) => `Up to ${max}`,
    sizeBetween: (min, max) => `${min} to ${max}`,
    types: (list) => `Types: ${list}`,
    storedAs: (name) => `Stored as ${name}`,
    until: (moment) => `Until ${moment}`,
    longLived: (moment) =>
      `This page lives long: whoever has a copy of it can upload until ${moment}. Pass it on as you would a key.`,
  },
  zh: {
    title: '上传文件',
    file: '文件',
    submit: '上传',
    nameOfFile: '‹文件名›',
    sizeUpTo: (max) => `大小不超过 ${max}`,
    sizeBetween: (min, max) => `大小 ${min} 至 ${max}`,
    types: (list) => `类型：${list}`,
    storedAs: (name) => `存储为 ${name}`,
    until: (moment) => `有效期至 ${moment}`,
    longLived: (moment) =>
      `此页面有效期很长：持有副本的任何人在 ${moment} 之前都可以上传。请像保管密钥一样保管它。`,
  },
};

const style = `
:root { color-scheme: light dark; --accent: #0b57d0; --line: #8885; --warn: #b3261e; }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  font: 1rem/1.5 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; background: Canvas; color: CanvasText; }
main { width: 100%; max-width: 30rem; border: 1px solid var(--line); border-radius: 12px; padding: 2rem; }
h1 { margin: 0 0 1.25rem; font-size: 1.35rem; line-height: 1.3; }
label { display: block; margin-bottom: .4rem; font-weight: 600; }
input[type="file"] { width: 100%; font: inherit; padding: 1.1rem; border: 2px dashed var(--line); border-radius: 8px; }
input[type="file"]::file-selector-button { font: inherit; margin-right: .8rem; }
ul { margin: .8rem 0 1.4rem; padding: 0; list-style: none; font-size: .9rem; opacity: .8; overflow-wrap: anywhere; }
input[type="submit"] { font: inherit; font-weight: 600; width: 100%; padding: .7rem; border: 0; border-radius: 8px;
  background: var(--accent); color: #fff; cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
[role="note"] { margin: 1.2rem 0 0; padding: .7rem .9rem; border-left: 4px solid var(--warn); font-size: .9rem; }
`;

/** Lets the page forbid every style but this one. */
const styleHash = encodeBase64(nobleHashes.sha256(style));

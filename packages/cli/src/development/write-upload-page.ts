// The HTML of the upload page. Every text comes from the page's own table; values from settings are escaped.

import { type Language, type TextName, writeText } from './page/texts.ts';
import { pageScriptPath } from './page-modules.ts';

export interface UploadPageFacts {
  readonly language: Language;
  readonly bucket: string;
  /** As the form has it, e.g. `uploads/${filename}`. */
  readonly key: string;
  /** For people, e.g. `5 GB`. */
  readonly maxSize: string;
}

export function writeUploadPage({ language, bucket, key, maxSize }: UploadPageFacts): string {
  const say = (name: TextName, facts?: Record<string, string>) =>
    escapeHtml(writeText(language, name, facts));
  const other = language === 'zh' ? 'en' : 'zh';
  return `<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${say('title')} – Postern</title>
<link rel="icon" href="/-/upload/postern-mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="/-/upload/upload-page.css">
<script type="module" src="${pageScriptPath}"></script>
</head>
<body>
<header>
  <img class="mark" src="/-/upload/postern-mark.svg" alt="" width="28" height="28">
  <span class="name">Postern</span>
  <span class="mode">${say('mode')}</span>
  <a href="?lang=${other}" lang="${other === 'zh' ? 'zh-CN' : 'en'}" hreflang="${other}">${say('switchLanguage')}</a>
</header>
<main>
  <div class="column">
    <section class="card" aria-labelledby="title">
      <h1 id="title">${say('title')}</h1>
      <p class="quiet">${say('lead')}</p>
      <form id="upload">
        <label class="drop" id="drop" for="file">
          <span class="choose">${say('chooseFile')}</span>
          <span class="quiet">${say('orDrop')}</span>
          <span class="chosen" id="chosen"></span>
          <input type="file" id="file" name="file" aria-describedby="limits">
        </label>
        <p class="quiet" id="limits">${say('limits', { max: maxSize, key, bucket })}</p>
        <div class="actions">
          <button class="primary" id="send" type="submit">${say('upload')}</button>
          <button id="cancel" type="button" hidden>${say('cancel')}</button>
        </div>
        <progress id="progress" role="progressbar" max="100" value="0" aria-label="${say('progress')}" hidden></progress>
        <p id="percent" aria-hidden="true" hidden></p>
        <p id="status" role="status" aria-live="polite"></p>
        <div id="alert" role="alert"></div>
      </form>
    </section>
    <section class="card" aria-labelledby="break">
      <h2 id="break">${say('breakTitle')}</h2>
      <p class="quiet">${say('breakLead')}</p>
      <div class="actions" id="experiments"></div>
    </section>
  </div>
  <section class="card" id="result" aria-label="${say('resultTitle')}" hidden></section>
</main>
</body>
</html>
`;
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => references[character] as string);
}

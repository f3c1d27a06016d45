// Bodies made from templates: whatever a file is called, the application's server can parse what arrives.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type CallbackBodyType,
  type CallbackFacts,
  expandTemplate,
  parseTemplate,
} from '../src/callback/callback-template.ts';

const facts: CallbackFacts = {
  bucket: 'photos',
  object: 'a "b"&c=d/é\n.txt',
  etag: 'D8E8FCA2DC0F896FD7CB4CB0031BA249',
  size: 5,
  mimeType: 'text/plain',
  crc64: '13259347589887309129',
  contentMd5: '2Oj8otwPiW/Xy0ywAxuiSQ==',
  clientIp: '203.0.113.9',
  reqId: '5F5A1B2C3D4E5F6071829304',
  operation: 'PostObject',
  accessKeyId: 'key',
  host: 'photos.oss.example',
};
const variables = new Map([
  ['x:User', 'Ann "A" <a&b>'],
  ['x:empty', ''],
]);

function expand(template: string, bodyType: CallbackBodyType, object = facts.object): string {
  const parsed = parseTemplate(template, bodyType);
  assert.ok(parsed, `not a template: ${template}`);
  return expandTemplate(parsed, { ...facts, object }, variables);
}

const form = (template: string, object?: string) =>
  expand(template, 'application/x-www-form-urlencoded', object);
const json = (template: string, object?: string) => expand(template, 'application/json', object);

const FORMS: readonly [template: string, body: string][] = [
  ['a=1&b=2', 'a=1&b=2'],
  ['object=${object}&n=1', 'object=a%20%22b%22%26c%3Dd%2F%C3%A9%0A.txt&n=1'],
  ['${bucket}${size}', 'photos5'],
  ['m=${mimeType}&e=${etag}', 'm=text%2Fplain&e=D8E8FCA2DC0F896FD7CB4CB0031BA249'],
  ['c=${crc64}&d=${contentMd5}', 'c=13259347589887309129&d=2Oj8otwPiW%2FXy0ywAxuiSQ%3D%3D'],
  ['${clientIp},${reqId},${operation},${vpcId}', '203.0.113.9,5F5A1B2C3D4E5F6071829304,PostObject,'],
  ['w=${imageInfo.width}&h=${imageInfo.height}&f=${imageInfo.format}', 'w=&h=&f='],
  ['u=${x:User}&v=${x:user}&e=${x:empty}', 'u=Ann%20%22A%22%20%3Ca%26b%3E&v=&e='],
  ['${Object}|${nothing}|${accessKeyId}|${host}', '|||'],
  ['$(object)$object$', '$(object)$object$'],
];

for (const [template, body] of FORMS) test(`form: ${template}`, () => assert.equal(form(template), body));

const JSONS: readonly [template: string, value: unknown][] = [
  ['{"o":${object}}', { o: facts.object }],
  ['{"o":"${object}"}', { o: facts.object }],
  ['{"o":"dir/${object}?v=${size}"}', { o: `dir/${facts.object}?v=5` }],
  ['{"s":${size},"t":"${size}"}', { s: 5, t: '5' }],
  ['{"c":${crc64}}', { c: '13259347589887309129' }],
  ['{"w":${imageInfo.width},"v":"${vpcId}","n":${nothing}}', { w: '', v: '', n: '' }],
  ['{"u":${x:User},"v":"${x:User}"}', { u: 'Ann "A" <a&b>', v: 'Ann "A" <a&b>' }],
  ['{"a\\"${bucket}":"\\\\${bucket}"}', { 'a"photos': '\\photos' }],
  ['[${bucket},"${bucket}",${size}]', ['photos', 'photos', 5]],
];

for (const [template, value] of JSONS) {
  test(`json: ${template}`, () => assert.deepEqual(JSON.parse(json(template)), value));
}

const NO_TEMPLATES: readonly [template: string, bodyType: CallbackBodyType][] = [
  ['${object', 'application/json'],
  ['${}', 'application/json'],
  ['${a${object}}', 'application/x-www-form-urlencoded'],
  ['{"a":"\\${object}"}', 'application/json'],
];

for (const [template, bodyType] of NO_TEMPLATES) {
  test(`no template: ${template}`, () => assert.equal(parseTemplate(template, bodyType), undefined));
}

test('any object name arrives as it is, in both types and both spellings', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (object, before) => {
      assert.equal(new URLSearchParams(form('o=${object}&z=1', object)).get('o'), object);
      assert.deepEqual(JSON.parse(json('{"o":${object},"z":1}', object)), { o: object, z: 1 });
      const prefix = before.replaceAll('$', '');
      const quoted = json(`{"o":${JSON.stringify(`${prefix}\${object}`)},"z":1}`, object);
      assert.deepEqual(JSON.parse(quoted), { o: prefix + object, z: 1 });
    }),
  );
});

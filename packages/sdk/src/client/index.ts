// `@postern/sdk/client`: put, get, list and delete objects of any store that speaks the OSS protocol, from Node.

export * from './oss-client.ts';
export * from './oss-client-error.ts';
export type {
  BucketInfo,
  ListedBucket,
  ListedObject,
  ListPage,
  ObjectHead,
  StoredObject,
} from './read-facts.ts';
export { type Addressing, chooseAddressing, parseEndpoint, type Target } from './request-address.ts';
export type { RequestBody } from './send-request.ts';
export type { SignVersion } from './sign-request.ts';

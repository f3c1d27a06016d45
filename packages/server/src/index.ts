export {
  type CheckResult,
  checkStore,
  DumpError,
  type DumpTotals,
  ExportError,
  exportStore,
  type Finding,
  importStore,
  StorageError,
} from '@postern/storage';
export type { AdminReply, AdminRequest, AdminRoute } from './admin/admin-server.ts';
export { defaultLifecycleEveryMs, type LifecycleTotals } from './buckets/lifecycle-runner.ts';
export { verifyCallback } from './callback/callback-key.ts';
export type { LogOptions } from './http/access-log.ts';
export { defaultFreeBytesMin } from './http/free-space.ts';
export { defaultLoadLimits, type LoadLimits } from './http/load.ts';
export { TlsFilesError } from './http/tls-files.ts';
export type { ActiveContent, ServerSettings } from './server-settings.ts';
export { defaultServerSettings } from './server-settings.ts';
export type { AccessKeyOption, BucketOption, RunningServer, ServerOptions } from './start-server.ts';
export { damagedObjectMessage, startServer } from './start-server.ts';

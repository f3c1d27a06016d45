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
export type { LogOptions } from './access-log.ts';
export type { AdminReply, AdminRequest, AdminRoute } from './admin/admin-server.ts';
export { verifyCallback } from './callback-key.ts';
export { defaultFreeBytesMin } from './free-space.ts';
export { defaultLifecycleEveryMs, type LifecycleTotals } from './lifecycle-runner.ts';
export { defaultLoadLimits, type LoadLimits } from './load.ts';
export type { ActiveContent, ServerSettings } from './server-settings.ts';
export { defaultServerSettings } from './server-settings.ts';
export type { AccessKeyOption, BucketOption, RunningServer, ServerOptions } from './start-server.ts';
export { damagedObjectMessage, startServer } from './start-server.ts';
export { TlsFilesError } from './tls-files.ts';

// Why a data directory cannot be used. The message is for the operator: it names the file or directory and says what to do.

export type StorageFault =
  | 'in-use'
  | 'index-lost'
  | 'newer-format'
  | 'not-an-index'
  | 'no-store'
  | 'not-empty'
  | 'unusable';

export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly fault: StorageFault;

  constructor(fault: StorageFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

// PutBucketInventory, GetBucketInventory, DeleteBucketInventory and ListBucketInventory. Inventories are kept and told back; none is written.

import { OssError } from '@postern/protocol';
import {
  checkInventoryId,
  type InventoryConfiguration,
  inventoriesMax,
  parseInventoryConfiguration,
  writeInventoryConfiguration,
  writeInventoryList,
} from '@postern/protocol/xml';
import { readDocument } from '../body/read-document.ts';
import { bucketInventories, changeBucketDocument } from '../buckets/bucket-documents.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';
import { formatContinuationToken, parseContinuationToken } from '../objects/list-parameters.ts';

const inventoriesOfPage = 100;

/** One that is there already is not replaced. */
export async function putBucketInventory(call: BucketCall): Promise<Reply> {
  const id = checkInventoryId(call.request.query.get('inventoryId'));
  const inventory = parseInventoryConfiguration(await readDocument(call.request));
  if (inventory.id !== id) {
    throw new OssError('InvalidArgument.inventoryId', { ArgumentName: 'Id', ArgumentValue: inventory.id });
  }
  await changeBucketDocument(call, bucketInventories, (inventories = []) => {
    if (inventories.some((other) => other.id === id)) {
      throw new OssError('InventoryConfigurationAlreadyExists', { InventoryId: id });
    }
    if (inventories.length >= inventoriesMax) throw new OssError('InventoryExceedLimit');
    return [...inventories, inventory].toSorted(byId);
  });
  return { status: 200 };
}

export async function getBucketInventory({ request, bucket }: BucketCall): Promise<Reply> {
  const id = checkInventoryId(request.query.get('inventoryId'));
  const inventory = bucketInventories.find(bucket)?.find((other) => other.id === id);
  if (!inventory) throw new OssError('NoSuchInventory', { InventoryId: id });
  return xmlReply(writeInventoryConfiguration(inventory));
}

export async function deleteBucketInventory(call: BucketCall): Promise<Reply> {
  const id = checkInventoryId(call.request.query.get('inventoryId'));
  await changeBucketDocument(call, bucketInventories, (inventories = []) => {
    const left = inventories.filter((other) => other.id !== id);
    if (left.length === inventories.length) throw new OssError('NoSuchInventory', { InventoryId: id });
    return left.length === 0 ? undefined : left;
  });
  return { status: 204 };
}

export async function listBucketInventory({ request, bucket }: BucketCall): Promise<Reply> {
  const inventories = bucketInventories.find(bucket) ?? [];
  if (inventories.length === 0) throw new OssError('NoSuchInventory', { BucketName: bucket.name });
  const after = parseContinuationToken(request.query.get('continuation-token')) ?? '';
  const rest = inventories.filter(({ id }) => id > after);
  const page = rest.slice(0, inventoriesOfPage);
  const last = page.at(-1);
  return xmlReply(
    writeInventoryList({
      inventories: page,
      nextContinuationToken:
        last !== undefined && rest.length > page.length ? formatContinuationToken(last.id) : undefined,
    }),
  );
}

function byId(a: InventoryConfiguration, b: InventoryConfiguration): number {
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

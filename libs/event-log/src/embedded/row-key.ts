/**
 * One 63-bit integer orders all rows by topic, partition and first offset: the table's own b-tree is the index, rows of a
 * partition lie together, and a range of keys is a partition. 255 topics, 4,096 partitions, 2^43 offsets each.
 */
const OFFSET_BITS = 43n;
const PARTITION_BITS = 12n;
const OFFSET_MASK = (1n << OFFSET_BITS) - 1n;

export const MAX_TOPIC_ID = 255;
export const MAX_PARTITIONS = 1 << Number(PARTITION_BITS);

export function rowKey(topicId: number, partition: number, offset: number): bigint {
  return (((BigInt(topicId) << PARTITION_BITS) | BigInt(partition)) << OFFSET_BITS) | BigInt(offset);
}

/** Largest key of a topic-partition. */
export const lastRowKey = (topicId: number, partition: number): bigint => rowKey(topicId, partition, 0) | OFFSET_MASK;

export const offsetOfRowKey = (key: bigint): number => Number(key & OFFSET_MASK);

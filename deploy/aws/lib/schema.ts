// protocol/tables.json, which a test of src/model/ keeps equal to the tables that the hub expects.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Layout = 'multi-table' | 'single-table';

export interface KeySchema {
  attribute: string;
  type: 'S';
  template?: string; // absent where the items of several entities lie together
}

export interface IndexSchema {
  name: string;
  partitionKey: KeySchema;
  sortKey: KeySchema;
  projection: 'ALL';
}

export interface TableSchema {
  name: string;
  partitionKey: KeySchema;
  sortKey: KeySchema;
  indexes: IndexSchema[];
  ttlAttribute: string | null;
  stream: 'NEW_AND_OLD_IMAGES';
  provisioned: { readUnits: number; writeUnits: number };
}

export interface Schema {
  layouts: Record<Layout, TableSchema[]>;
}

const path = join(import.meta.dirname, '../../../protocol/tables.json');

export function readSchema(): Schema {
  return JSON.parse(readFileSync(path, 'utf8')) as Schema;
}

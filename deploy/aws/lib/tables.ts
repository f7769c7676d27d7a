// The DynamoDB tables of the chosen layout, with their indexes, streams and expiry.

import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { Attribute } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { KeySchema, TableSchema } from './schema.ts';
import type { Settings } from './settings.ts';

export interface HubTable {
  schema: TableSchema;
  name: string; // with the prefix; known without a deployment
  table: Table;
}

const keyOf = (key: KeySchema): Attribute => ({
  name: key.attribute,
  type: AttributeType.STRING,
});

export class Tables extends Construct {
  readonly all: readonly HubTable[];

  constructor(scope: Construct, schemas: readonly TableSchema[], settings: Settings, key?: IKey) {
    super(scope, 'Tables');
    this.all = schemas.map((schema) => this.#add(schema, settings, key));
  }

  #add(schema: TableSchema, settings: Settings, key: IKey | undefined): HubTable {
    const name = settings.tablePrefix + schema.name;
    // Every index of a provisioned table has capacity of its own, and each write to the table is a
    // write to its indexes, too.
    const capacity =
      settings.billing === 'provisioned'
        ? {
            readCapacity: schema.provisioned.readUnits,
            writeCapacity: schema.provisioned.writeUnits,
          }
        : {};
    const table = new Table(this, schema.name, {
      tableName: name,
      partitionKey: keyOf(schema.partitionKey),
      sortKey: keyOf(schema.sortKey),
      billingMode:
        settings.billing === 'provisioned' ? BillingMode.PROVISIONED : BillingMode.PAY_PER_REQUEST,
      ...capacity,
      timeToLiveAttribute: schema.ttlAttribute ?? undefined,
      stream: StreamViewType[schema.stream],
      encryption:
        key === undefined ? TableEncryption.AWS_MANAGED : TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const index of schema.indexes) {
      table.addGlobalSecondaryIndex({
        indexName: index.name,
        partitionKey: keyOf(index.partitionKey),
        sortKey: keyOf(index.sortKey),
        projectionType: ProjectionType[index.projection],
        ...capacity,
      });
    }
    return { schema, name, table };
  }
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Template } from 'aws-cdk-lib/assertions';
import { readSchema } from '../lib/schema.ts';
import type { TableSchema } from '../lib/schema.ts';
import { expected, single } from './data-model.ts';
import { combinations, only, resources, synth } from './support.ts';
import type { Resource } from './support.ts';

interface KeyElement {
  AttributeName: string;
  KeyType: string;
}
interface Units {
  ReadCapacityUnits: number;
  WriteCapacityUnits: number;
}
interface TableProperties {
  TableName: string;
  KeySchema: KeyElement[];
  AttributeDefinitions: { AttributeName: string; AttributeType: string }[];
  GlobalSecondaryIndexes: {
    IndexName: string;
    KeySchema: KeyElement[];
    Projection: unknown;
    ProvisionedThroughput?: Units;
  }[];
  BillingMode?: string;
  ProvisionedThroughput?: Units;
  TimeToLiveSpecification?: { AttributeName: string; Enabled: boolean };
  StreamSpecification: { StreamViewType: string };
  SSESpecification: { SSEEnabled: boolean; KMSMasterKeyId?: unknown };
  PointInTimeRecoverySpecification: unknown;
  DeletionProtectionEnabled: boolean;
}

const tables = (template: Template): Resource[] => resources(template, 'AWS::DynamoDB::Table');
const properties = (table: Resource): TableProperties =>
  table.Properties as unknown as TableProperties;

/** What a table of the template says, in the words of protocol/tables.json, without the templates. */
function said(table: Resource): Omit<TableSchema, 'provisioned'> {
  const {
    TableName: name,
    KeySchema,
    AttributeDefinitions,
    GlobalSecondaryIndexes,
    TimeToLiveSpecification: ttl,
    StreamSpecification: stream,
  } = properties(table);
  const typeOf = (attribute: string): 'S' =>
    only(
      AttributeDefinitions.filter((each) => each.AttributeName === attribute),
      attribute,
    ).AttributeType as 'S';
  const key = (elements: KeyElement[], kind: string): { attribute: string; type: 'S' } => {
    const { AttributeName: attribute } = only(
      elements.filter(({ KeyType }) => KeyType === kind),
      `${kind} key`,
    );
    return { attribute, type: typeOf(attribute) };
  };
  return {
    name,
    partitionKey: key(KeySchema, 'HASH'),
    sortKey: key(KeySchema, 'RANGE'),
    indexes: GlobalSecondaryIndexes.map((index) => ({
      name: index.IndexName,
      partitionKey: key(index.KeySchema, 'HASH'),
      sortKey: key(index.KeySchema, 'RANGE'),
      projection: (index.Projection as { ProjectionType: 'ALL' }).ProjectionType,
    })),
    ttlAttribute: ttl?.Enabled === true ? ttl.AttributeName : null,
    stream: stream.StreamViewType as 'NEW_AND_OLD_IMAGES',
  };
}

/** The schema in the same words: templates are for people, capacity depends on the mode. */
function wanted(schema: TableSchema): Omit<TableSchema, 'provisioned'> {
  const bare = ({ attribute, type }: { attribute: string; type: 'S' }): typeof schema.sortKey => ({
    attribute,
    type,
  });
  return {
    name: schema.name,
    partitionKey: bare(schema.partitionKey),
    sortKey: bare(schema.sortKey),
    indexes: schema.indexes.map((index) => ({
      ...index,
      partitionKey: bare(index.partitionKey),
      sortKey: bare(index.sortKey),
    })),
    ttlAttribute: schema.ttlAttribute,
    stream: schema.stream,
  };
}

describe('protocol/tables.json', () => {
  const { layouts } = readSchema();

  it('holds the tables of the data model and no other', () => {
    assert.deepEqual(
      layouts['multi-table'].map(({ name }) => name),
      expected.map(({ name }) => name),
    );
  });

  for (const table of expected) {
    it(`says of ${table.name} what the data model says`, () => {
      const schema = only(
        layouts['multi-table'].filter(({ name }) => name === table.name),
        table.name,
      );
      const [pk, sk] = table.keys;
      assert.deepEqual(schema.partitionKey, { attribute: 'PK', type: 'S', template: pk });
      assert.deepEqual(schema.sortKey, { attribute: 'SK', type: 'S', template: sk });
      assert.deepEqual(
        schema.indexes,
        table.indexes.map(([indexPk, indexSk], i) => ({
          name: `GSI${String(i + 1)}`,
          partitionKey: { attribute: `GSI${String(i + 1)}PK`, type: 'S', template: indexPk },
          sortKey: { attribute: `GSI${String(i + 1)}SK`, type: 'S', template: indexSk },
          projection: 'ALL',
        })),
      );
      assert.equal(schema.ttlAttribute, table.ttl ? 'ttl' : null);
      assert.equal(schema.stream, 'NEW_AND_OLD_IMAGES');
      assert.deepEqual(schema.provisioned, { readUnits: table.read, writeUnits: table.write });
    });
  }

  it('has one table with all indexes in the single-table layout', () => {
    const schema = only(layouts['single-table'], 'single table');
    assert.equal(schema.name, single.name);
    assert.deepEqual(
      schema.indexes.map(({ name }) => name),
      ['GSI1', 'GSI2', 'GSI3'],
    );
    assert.equal(schema.ttlAttribute, 'ttl');
    assert.deepEqual(schema.provisioned, { readUnits: single.read, writeUnits: single.write });
  });
});

for (const context of combinations) {
  const { layout, billing, encryption } = context;
  describe(`tables: ${Object.values(context).join(', ')}`, () => {
    const template = synth({ ...context, tablePrefix: '' });
    const schemas = readSchema().layouts[layout as 'multi-table' | 'single-table'];

    it('are those of protocol/tables.json, and no other', () => {
      assert.deepEqual(tables(template).map(said), schemas.map(wanted));
    });

    it('declare the attributes of their keys and no other', () => {
      for (const table of tables(template).map(properties)) {
        const keys = [table, ...table.GlobalSecondaryIndexes]
          .flatMap(({ KeySchema }) => KeySchema)
          .map(({ AttributeName }) => AttributeName);
        const declared = table.AttributeDefinitions.map(({ AttributeName }) => AttributeName);
        assert.deepEqual(declared.toSorted(), keys.toSorted());
      }
    });

    it('are charged as chosen', () => {
      tables(template)
        .map(properties)
        .forEach((table, i) => {
          const { readUnits, writeUnits } = schemas[i]?.provisioned ?? assert.fail(table.TableName);
          const units =
            billing === 'provisioned'
              ? { ReadCapacityUnits: readUnits, WriteCapacityUnits: writeUnits }
              : undefined;
          // PROVISIONED is what CloudFormation takes when nothing is said.
          const mode = billing === 'provisioned' ? 'PROVISIONED' : 'PAY_PER_REQUEST';
          assert.equal(table.BillingMode ?? 'PROVISIONED', mode);
          assert.deepEqual(table.ProvisionedThroughput, units);
          for (const index of table.GlobalSecondaryIndexes) {
            assert.deepEqual(index.ProvisionedThroughput, units);
          }
        });
    });

    it('are encrypted under the chosen key', () => {
      for (const { SSESpecification: sse } of tables(template).map(properties)) {
        assert.equal(sse.SSEEnabled, true);
        assert.equal(sse.KMSMasterKeyId !== undefined, encryption === 'customer');
      }
    });

    it('can be brought back, and are not lost by accident', () => {
      for (const table of tables(template)) {
        assert.deepEqual(properties(table).PointInTimeRecoverySpecification, {
          PointInTimeRecoveryEnabled: true,
        });
        assert.equal(properties(table).DeletionProtectionEnabled, true);
        assert.equal(table.DeletionPolicy, 'Retain');
        assert.equal(table.UpdateReplacePolicy, 'Retain');
      }
    });
  });
}

describe('names of tables', () => {
  const names = (context: Record<string, string>): string[] =>
    tables(synth(context)).map((table) => properties(table).TableName);

  it('have the prefix that keeps them apart from others in the account', () => {
    assert.deepEqual(
      names({}),
      expected.map(({ name }) => `MessageAutomationHub-${name}`),
    );
    assert.deepEqual(names({ layout: 'single-table' }), ['MessageAutomationHub']);
  });

  it('have another prefix when it is given', () => {
    assert.deepEqual(
      names({ tablePrefix: 'staging.' }),
      expected.map(({ name }) => `staging.${name}`),
    );
    assert.deepEqual(names({ layout: 'single-table', tablePrefix: 'staging.' }), [
      'staging.MessageAutomationHub',
    ]);
  });
});

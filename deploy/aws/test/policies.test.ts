import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readSchema } from '../lib/schema.ts';
import type { Layout } from '../lib/schema.ts';
import {
  combinations,
  listOf,
  only,
  policies,
  policy,
  streamArn,
  synth,
  tableArn,
} from './support.ts';
import type { Context, Policy, Statement } from './support.ts';

const hubPolicy = (context: Context): Policy => policy(synth(context), /what a hub needs/);

const statement = ({ document }: Policy, sid: string): Statement =>
  only(
    document.Statement.filter(({ Sid }) => Sid === sid),
    sid,
  );

const sorted = (value: unknown): unknown[] => listOf(value).toSorted();

for (const context of combinations) {
  const layout = context.layout as Layout;
  describe(`policy of a hub: ${Object.values(context).join(', ')}`, () => {
    const hub = hubPolicy(context);
    const prefix = layout === 'multi-table' ? 'MessageAutomationHub-' : '';
    const schemas = readSchema().layouts[layout];
    const names = schemas.map(({ name }) => prefix + name);

    it('reads and writes exactly its tables', () => {
      const { Action, Resource, Condition } = statement(hub, 'Tables');
      assert.deepEqual(sorted(Action), [
        'dynamodb:BatchGetItem',
        'dynamodb:BatchWriteItem',
        'dynamodb:ConditionCheckItem',
        'dynamodb:DeleteItem',
        'dynamodb:DescribeContinuousBackups',
        'dynamodb:DescribeTable',
        'dynamodb:DescribeTimeToLive',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:Scan',
        'dynamodb:UpdateItem',
      ]);
      assert.deepEqual(sorted(Resource), names.map(tableArn).toSorted());
      assert.equal(Condition, undefined);
    });

    it('queries exactly their indexes', () => {
      const { Action, Resource } = statement(hub, 'Indexes');
      assert.deepEqual(listOf(Action), ['dynamodb:Query']);
      const indexes = schemas.flatMap((schema) =>
        schema.indexes.map((index) => `${tableArn(prefix + schema.name)}/index/${index.name}`),
      );
      assert.deepEqual(sorted(Resource), indexes.toSorted());
    });

    it('reads exactly their streams', () => {
      const { Action, Resource } = statement(hub, 'Streams');
      assert.deepEqual(sorted(Action), [
        'dynamodb:DescribeStream',
        'dynamodb:GetRecords',
        'dynamodb:GetShardIterator',
      ]);
      assert.deepEqual(sorted(Resource), names.map(streamArn).toSorted());
    });

    it('reaches objects under the prefixes of the data model only', () => {
      const bucket = statement(hub, 'Bucket');
      assert.equal(bucket.Resource, 'arn:aws:s3:::the-bucket');
      assert.deepEqual(sorted(bucket.Action), ['s3:ListBucket', 's3:ListBucketMultipartUploads']);
      const objects = statement(hub, 'Objects');
      assert.deepEqual(sorted(objects.Action), [
        's3:AbortMultipartUpload',
        's3:DeleteObject',
        's3:GetObject',
        's3:PutObject',
      ]);
      assert.deepEqual(sorted(objects.Resource), [
        'arn:aws:s3:::the-bucket/archives/*',
        'arn:aws:s3:::the-bucket/users/*',
      ]);
    });

    it('uses the key of the credentials only with the hub’s encryption context', () => {
      const { Action, Resource, Condition } = statement(hub, 'SealCredentials');
      assert.deepEqual(sorted(Action), [
        'kms:Decrypt',
        'kms:GenerateDataKey',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ]);
      assert.equal(Resource, 'key:credentials');
      assert.deepEqual(Condition, {
        Null: {
          'kms:EncryptionContext:msghub': 'false',
          'kms:EncryptionContext:owner': 'false',
          'kms:EncryptionContext:entity': 'false',
          'kms:EncryptionContext:id': 'false',
          'kms:EncryptionContext:field': 'false',
        },
      });
    });

    it('uses the key at rest through DynamoDB and S3 only, and only when there is one', () => {
      const found = hub.document.Statement.filter(({ Sid }) => Sid === 'AtRest');
      if (context.encryption === 'aws-managed') {
        assert.deepEqual(found, []);
        return;
      }
      const { Action, Resource, Condition } = only(found, 'AtRest');
      assert.equal(Resource, 'key:at-rest');
      assert.ok(!listOf(Action).some((action) => String(action).includes('*')));
      assert.deepEqual(Condition, {
        StringEquals: {
          'kms:ViaService': [
            'dynamodb.eu-central-1.amazonaws.com',
            's3.eu-central-1.amazonaws.com',
          ],
        },
      });
    });

    it('says nothing else, denies nothing, and names no wildcard', () => {
      const sids = hub.document.Statement.map(({ Sid }) => Sid);
      const known = [
        'Tables',
        'Indexes',
        'Streams',
        'Bucket',
        'Objects',
        'SealCredentials',
        ...(context.encryption === 'customer' ? ['AtRest'] : []),
      ];
      assert.deepEqual(sids, known);
      for (const { Sid, Effect, Action, Resource } of hub.document.Statement) {
        assert.equal(Effect, 'Allow');
        for (const action of listOf(Action)) assert.match(String(action), /^[a-z0-9]+:[A-Za-z]+$/);
        for (const resource of listOf(Resource)) {
          const name = String(resource);
          // Objects under a prefix can only be named with a star behind it.
          const exact = Sid === 'Objects' ? name.replace(/\/(users|archives)\/\*$/, '') : name;
          assert.ok(!exact.includes('*'), `${String(Sid)}: ${name}`);
        }
      }
    });

    it('fits into a managed policy of IAM', () => {
      const characters = JSON.stringify(hub.document).replaceAll(/\s/g, '').length;
      assert.ok(characters < 6144, `${String(characters)} characters`);
    });
  });
}

describe('other policies', () => {
  it('let archives be fetched back from the slow storage classes', () => {
    for (const archiveClass of ['GLACIER', 'DEEP_ARCHIVE']) {
      const { Action } = statement(hubPolicy({ archiveClass }), 'Objects');
      assert.ok(listOf(Action).includes('s3:RestoreObject'), archiveClass);
    }
  });

  it('publish metrics in the hub’s namespace only', () => {
    const { document } = policy(synth({ metricsNamespace: 'Staging/Hub' }), /metrics/);
    assert.deepEqual(document.Statement, [
      {
        Sid: 'PublishMetrics',
        Effect: 'Allow',
        Action: 'cloudwatch:PutMetricData',
        Resource: '*',
        Condition: { StringEquals: { 'cloudwatch:namespace': 'Staging/Hub' } },
      },
    ]);
  });

  it('give a user what the data model gives', () => {
    const { document } = policy(synth(), /leading key/);
    const { Action, ...rest } = only(document.Statement, 'statement');
    assert.equal(document.Version, '2012-10-17');
    assert.deepEqual(sorted(Action), [
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    ]);
    assert.deepEqual(rest, {
      Effect: 'Allow',
      Resource: 'arn:aws:dynamodb:*:*:table/MessageAutomationHub*',
      Condition: {
        'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['USER#${aws:userid}'] },
      },
    });
  });

  it('leave the user’s policy out where it would cover no table', () => {
    const descriptions = policies(synth({ tablePrefix: 'staging-' })).map(
      ({ description }) => description,
    );
    assert.equal(descriptions.length, 2);
    assert.ok(!descriptions.some((description) => description.includes('leading key')));
  });

  it('belong to nobody until somebody attaches them', () => {
    const template = synth();
    template.resourceCountIs('AWS::IAM::Role', 0);
    template.resourceCountIs('AWS::IAM::User', 0);
  });
});

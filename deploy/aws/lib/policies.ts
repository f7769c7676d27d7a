// The managed IAM policies. Nothing here attaches them: the role of the hubs' machines belongs to
// whoever runs the machines.

import { Aws } from 'aws-cdk-lib';
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { prefixes } from './bucket.ts';
import type { Keys } from './keys.ts';
import type { Settings } from './settings.ts';
import type { HubTable } from './tables.ts';

export interface PolicyResources {
  tables: readonly HubTable[];
  bucket: Bucket;
  keys: Keys;
}

/** Names of tables that the data model's policy for users covers begin with this. */
export const userPolicyPrefix = 'MessageAutomationHub';

/** The names in the encryption context of the hub's data keys (src/vault/kms_key_ring.h). */
const sealContext = ['msghub', 'owner', 'entity', 'id', 'field'];

function tableStatements(tables: readonly HubTable[]): PolicyStatement[] {
  const streams = tables.flatMap(({ table }) => table.tableStreamArn ?? []);
  return [
    new PolicyStatement({
      sid: 'Tables',
      actions: [
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
      ],
      resources: tables.map(({ table }) => table.tableArn),
    }),
    new PolicyStatement({
      sid: 'Indexes',
      actions: ['dynamodb:Query'],
      resources: tables.flatMap(({ schema, table }) =>
        schema.indexes.map(({ name }) => `${table.tableArn}/index/${name}`),
      ),
    }),
    new PolicyStatement({
      sid: 'Streams',
      actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      resources: streams,
    }),
  ];
}

function bucketStatements(bucket: Bucket, settings: Settings): PolicyStatement[] {
  const restore = settings.archiveClass === 'GLACIER_IR' ? [] : ['s3:RestoreObject'];
  return [
    // On the whole bucket, which is the hub's alone: to whom may not list it, or only by prefix, S3
    // answers 403 instead of 404 when an object is not there.
    new PolicyStatement({
      sid: 'Bucket',
      actions: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
      resources: [bucket.bucketArn],
    }),
    new PolicyStatement({
      sid: 'Objects',
      actions: [
        's3:AbortMultipartUpload',
        's3:DeleteObject',
        's3:GetObject',
        's3:PutObject',
        ...restore,
      ],
      resources: prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`)),
    }),
  ];
}

function keyStatements({ keys }: PolicyResources): PolicyStatement[] {
  const statements = [
    // Only for what the hub seals: each of these has to be in the encryption context.
    new PolicyStatement({
      sid: 'SealCredentials',
      actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
      resources: [keys.credentials.keyArn],
      conditions: {
        Null: Object.fromEntries(
          sealContext.map((name) => [`kms:EncryptionContext:${name}`, 'false']),
        ),
      },
    }),
  ];
  if (keys.atRest !== undefined) {
    statements.push(
      // DynamoDB and S3 use the key in the name of the caller.
      new PolicyStatement({
        sid: 'AtRest',
        actions: [
          'kms:Decrypt',
          'kms:DescribeKey',
          'kms:Encrypt',
          'kms:GenerateDataKey',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
        ],
        resources: [keys.atRest.keyArn],
        conditions: {
          StringEquals: {
            'kms:ViaService': ['dynamodb', 's3'].map(
              (service) => `${service}.${Aws.REGION}.${Aws.URL_SUFFIX}`,
            ),
          },
        },
      }),
    );
  }
  return statements;
}

export class Policies extends Construct {
  /** What a hub needs, and no more. */
  readonly hub: ManagedPolicy;
  /** Publishing the hubs' own metrics. */
  readonly metrics: ManagedPolicy;
  /** The data model's policy for people with identities of their own; see docs/operations/aws.md. */
  readonly user: ManagedPolicy | undefined;

  constructor(scope: Construct, resources: PolicyResources, settings: Settings) {
    super(scope, 'Policies');
    this.hub = new ManagedPolicy(this, 'Hub', {
      description: 'Message Automation Hub: what a hub needs of DynamoDB, S3 and KMS',
      statements: [
        ...tableStatements(resources.tables),
        ...bucketStatements(resources.bucket, settings),
        ...keyStatements(resources),
      ],
    });
    this.metrics = new ManagedPolicy(this, 'Metrics', {
      description: 'Message Automation Hub: publishing metrics in its own namespace',
      statements: [
        new PolicyStatement({
          sid: 'PublishMetrics',
          actions: ['cloudwatch:PutMetricData'],
          resources: ['*'], // the action knows no resources; the condition is the fence
          conditions: { StringEquals: { 'cloudwatch:namespace': settings.metricsNamespace } },
        }),
      ],
    });
    this.user = resources.tables.every(({ name }) => name.startsWith(userPolicyPrefix))
      ? this.#addUserPolicy()
      : undefined;
  }

  #addUserPolicy(): ManagedPolicy {
    return new ManagedPolicy(this, 'User', {
      description: "Message Automation Hub: a user's own items, by the leading key",
      statements: [
        new PolicyStatement({
          effect: Effect.ALLOW,
          actions: [
            'dynamodb:GetItem',
            'dynamodb:PutItem',
            'dynamodb:UpdateItem',
            'dynamodb:DeleteItem',
            'dynamodb:Query',
          ],
          resources: [`arn:aws:dynamodb:*:*:table/${userPolicyPrefix}*`],
          conditions: {
            'ForAllValues:StringEquals': {
              'dynamodb:LeadingKeys': ['USER#${aws:userid}'],
            },
          },
        }),
      ],
    });
  }
}

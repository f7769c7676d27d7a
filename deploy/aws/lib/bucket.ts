// The bucket for large contents (users/) and archives (archives/).

import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import type { LifecycleRule } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/** The prefixes of the data model's object paths; the hub writes nowhere else. */
export const prefixes = ['users/', 'archives/'] as const;

/** The id of the request metrics over the whole bucket. */
export const requestMetricsId = 'EntireBucket';

function lifecycle(settings: Settings): LifecycleRule[] {
  return [
    {
      id: 'ArchivesToGlacier',
      prefix: 'archives/',
      transitions: [
        {
          storageClass: new StorageClass(settings.archiveClass),
          transitionAfter: Duration.days(settings.archiveDays),
        },
      ],
    },
    { id: 'AbortIncompleteUploads', abortIncompleteMultipartUploadAfter: Duration.days(7) },
    {
      id: 'ExpireNoncurrentVersions',
      noncurrentVersionExpiration: Duration.days(settings.noncurrentDays),
      expiredObjectDeleteMarker: true,
    },
  ];
}

export function addBucket(scope: Construct, settings: Settings, key?: IKey): Bucket {
  return new Bucket(scope, 'Bucket', {
    bucketName: settings.bucketName ?? `message-automation-hub-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    encryption: key === undefined ? BucketEncryption.S3_MANAGED : BucketEncryption.KMS,
    encryptionKey: key,
    bucketKeyEnabled: key === undefined ? undefined : true,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    versioned: true,
    lifecycleRules: lifecycle(settings),
    metrics: [{ id: requestMetricsId }],
    removalPolicy: RemovalPolicy.RETAIN,
  });
}

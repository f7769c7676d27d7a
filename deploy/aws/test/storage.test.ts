import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listOf, only, resolve, resources, synth } from './support.ts';
import type { Context, Resource, Statement } from './support.ts';

const bucketOf = (context: Context = {}): Resource =>
  only(resources(synth(context), 'AWS::S3::Bucket'), 'bucket');

const rulesOf = (context: Context = {}): Record<string, unknown>[] =>
  (bucketOf(context).Properties.LifecycleConfiguration as { Rules: Record<string, unknown>[] })
    .Rules;

const ruleOf = (id: string, context: Context = {}): Record<string, unknown> =>
  only(
    rulesOf(context).filter(({ Id }) => Id === id),
    id,
  );

describe('bucket', () => {
  it('is private, versioned and kept', () => {
    const bucket = bucketOf();
    assert.deepEqual(bucket.Properties.PublicAccessBlockConfiguration, {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    assert.deepEqual(bucket.Properties.OwnershipControls, {
      Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }],
    });
    assert.deepEqual(bucket.Properties.VersioningConfiguration, { Status: 'Enabled' });
    assert.equal(bucket.DeletionPolicy, 'Retain');
    assert.equal(bucket.UpdateReplacePolicy, 'Retain');
  });

  it('has a name of its own in the world', () => {
    const template = synth();
    const { Properties } = only(resources(template, 'AWS::S3::Bucket'), 'bucket');
    assert.equal(
      resolve(template, Properties.BucketName),
      'message-automation-hub-123456789012-eu-central-1',
    );
    assert.equal(bucketOf({ bucketName: 'acme-hub' }).Properties.BucketName, 'acme-hub');
  });

  it('encrypts with SSE-S3, or with SSE-KMS under the customer’s key', () => {
    const encryption = (context: Context): Record<string, unknown> =>
      only(
        (
          bucketOf(context).Properties.BucketEncryption as {
            ServerSideEncryptionConfiguration: Record<string, unknown>[];
          }
        ).ServerSideEncryptionConfiguration,
        'encryption',
      );
    assert.deepEqual(encryption({}), {
      ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
    });
    const own = encryption({ encryption: 'customer' });
    const byDefault = own.ServerSideEncryptionByDefault as Record<string, unknown>;
    assert.equal(byDefault.SSEAlgorithm, 'aws:kms');
    assert.ok(byDefault.KMSMasterKeyID !== undefined);
    assert.equal(own.BucketKeyEnabled, true);
  });

  it('refuses whoever comes without TLS, or with an old one', () => {
    const { Properties } = only(resources(synth(), 'AWS::S3::BucketPolicy'), 'bucket policy');
    const { Statement } = Properties.PolicyDocument as { Statement: Statement[] };
    const conditions = Statement.map(({ Effect, Action, Principal, Condition }) => {
      assert.equal(Effect, 'Deny');
      assert.deepEqual(listOf(Action), ['s3:*']);
      assert.deepEqual(Principal, { AWS: '*' });
      return Condition;
    });
    assert.deepEqual(conditions, [
      { Bool: { 'aws:SecureTransport': 'false' } },
      { NumericLessThan: { 's3:TlsVersion': 1.2 } },
    ]);
  });

  it('counts requests and transfer', () => {
    assert.deepEqual(bucketOf().Properties.MetricsConfigurations, [{ Id: 'EntireBucket' }]);
  });
});

describe('lifecycle', () => {
  it('moves archives, and nothing else, to Glacier', () => {
    assert.deepEqual(ruleOf('ArchivesToGlacier'), {
      Id: 'ArchivesToGlacier',
      Status: 'Enabled',
      Prefix: 'archives/',
      Transitions: [{ StorageClass: 'GLACIER_IR', TransitionInDays: 30 }],
    });
    assert.deepEqual(
      ruleOf('ArchivesToGlacier', { archiveDays: '0', archiveClass: 'DEEP_ARCHIVE' }).Transitions,
      [{ StorageClass: 'DEEP_ARCHIVE', TransitionInDays: 0 }],
    );
    assert.equal(rulesOf().filter(({ Transitions }) => Transitions !== undefined).length, 1);
  });

  it('ends uploads that were not completed', () => {
    assert.deepEqual(ruleOf('AbortIncompleteUploads'), {
      Id: 'AbortIncompleteUploads',
      Status: 'Enabled',
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    });
  });

  it('forgets what was replaced or deleted', () => {
    const noncurrent = (context: Context = {}): unknown =>
      ruleOf('ExpireNoncurrentVersions', context).NoncurrentVersionExpiration;
    assert.deepEqual(noncurrent(), { NoncurrentDays: 30 });
    assert.deepEqual(noncurrent({ noncurrentDays: '7' }), { NoncurrentDays: 7 });
    assert.equal(ruleOf('ExpireNoncurrentVersions').ExpiredObjectDeleteMarker, true);
  });

  it('never deletes what is current', () => {
    for (const rule of rulesOf()) {
      assert.equal(rule.ExpirationInDays, undefined);
      assert.equal(rule.ExpirationDate, undefined);
    }
  });
});

describe('keys', () => {
  const keys = (context: Context): Resource[] => resources(synth(context), 'AWS::KMS::Key');

  it('are one for credentials, and one at rest when the customer wants it', () => {
    const aliases = (context: Context): unknown[] =>
      resources(synth(context), 'AWS::KMS::Alias').map(({ Properties }) => Properties.AliasName);
    assert.deepEqual(aliases({}), ['alias/MessageAutomationHub-credentials']);
    assert.deepEqual(aliases({ encryption: 'customer', stackName: 'Staging' }), [
      'alias/Staging-credentials',
      'alias/Staging-at-rest',
    ]);
    assert.equal(keys({}).length, 1);
    assert.equal(keys({ encryption: 'customer' }).length, 2);
  });

  it('rotate and are kept', () => {
    for (const key of keys({ encryption: 'customer' })) {
      assert.equal(key.Properties.EnableKeyRotation, true);
      assert.equal(key.Properties.PendingWindowInDays, 30);
      assert.equal(key.DeletionPolicy, 'Retain');
    }
  });
});

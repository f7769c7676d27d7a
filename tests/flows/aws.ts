// A hub's settings for DynamoDB, S3 and KMS, all of them moto behind the gate that checks signatures.

import assert from 'node:assert/strict';
import { startAws } from '../servers/moto.ts';
import type { Aws } from '../servers/moto.ts';
import { defaultRegion, hubAccount } from '../servers/sigv4-gate.ts';
import { createBucket, send } from '../aws/client.ts';
import type { Scope } from './harness.ts';
import { execute, program } from './harness.ts';

export interface AwsHome {
  aws: Aws;
  /** MSGHUB_* and AWS_* variables: for hubs, and for commands without a hub. */
  settings: Record<string, string>;
}

/** Tables, bucket and key of a new account. */
export async function startAwsHome(scope: Scope, layout = 'multi-table'): Promise<AwsHome> {
  const aws = await scope.use(startAws());
  await createBucket(aws.url, 'hub-blobs');
  const made = await send(aws.url, {
    service: 'kms',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'TrentService.CreateKey',
    },
    body: '{}',
  });
  assert.equal(made.status, 200, made.text);
  const { KeyMetadata: key } = made.json() as { KeyMetadata: { KeyId: string } };
  const settings = {
    MSGHUB_STORE_ENGINE: 'dynamodb',
    MSGHUB_STORE_LAYOUT: layout,
    MSGHUB_BLOBS_ENGINE: 's3',
    MSGHUB_KEYRING_ENGINE: 'kms',
    MSGHUB_AWS_ENDPOINT: aws.url,
    MSGHUB_AWS_REGION: defaultRegion,
    MSGHUB_DYNAMODB_TABLE_PREFIX: 'test-',
    MSGHUB_S3_BUCKET: 'hub-blobs',
    MSGHUB_KMS_KEY_ID: key.KeyId,
    AWS_ACCESS_KEY_ID: hubAccount.accessKeyId,
    AWS_SECRET_ACCESS_KEY: hubAccount.secretAccessKey,
  };
  const created = await execute(program, ['tables', 'create'], { env: settings });
  assert.equal(created.code, 0, created.stderr);
  return { aws, settings };
}

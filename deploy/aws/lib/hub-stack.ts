// Everything of AWS that a fleet of hubs shares. The hubs themselves run wherever the customer runs
// programs, with the policies of this stack.

import { Aws, CfnOutput, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import { addBucket } from './bucket.ts';
import { addDashboard } from './dashboard.ts';
import { Keys } from './keys.ts';
import { HubMetrics } from './metrics.ts';
import { Policies } from './policies.ts';
import type { Schema } from './schema.ts';
import type { Settings } from './settings.ts';
import { Tables } from './tables.ts';

export interface HubStackProps extends StackProps {
  schema: Schema;
  settings: Settings;
}

export class HubStack extends Stack {
  constructor(scope: Construct, id: string, { schema, settings, ...props }: HubStackProps) {
    super(scope, id, { description: 'Message Automation Hub', ...props });
    const keys = new Keys(this, id, settings);
    const { all } = new Tables(this, schema.layouts[settings.layout], settings, keys.atRest);
    const bucket = addBucket(this, settings, keys.atRest);
    const policies = new Policies(this, { tables: all, bucket, keys }, settings);
    const metrics = new HubMetrics(settings.metricsNamespace);
    const alarms = new Alarms(this, id, all, metrics, settings);
    addDashboard(this, id, all, bucket, metrics, alarms);

    this.#output('Region', 'setting aws.region', Aws.REGION);
    this.#output('Layout', 'setting store.layout', settings.layout);
    // CloudFormation knows no empty output; without one the hub's default is right.
    if (settings.tablePrefix !== '') {
      this.#output('TablePrefix', 'setting dynamodb.table_prefix', settings.tablePrefix);
    }
    this.#output('Bucket', 'setting s3.bucket', bucket.bucketName);
    this.#output('CredentialsKey', 'setting kms.key_id', keys.credentials.keyArn);
    this.#output('HubPolicy', 'for the role of the hubs', policies.hub.managedPolicyArn);
    this.#output('MetricsPolicy', 'for who publishes metrics', policies.metrics.managedPolicyArn);
    if (policies.user !== undefined) {
      this.#output('UserPolicy', 'for identities of users', policies.user.managedPolicyArn);
    }
    this.#output('AlarmTopic', 'where the alarms go', alarms.topic.topicArn);
  }

  #output(name: string, description: string, value: string): void {
    new CfnOutput(this, `${name}Output`, { value, description }).overrideLogicalId(name);
  }
}

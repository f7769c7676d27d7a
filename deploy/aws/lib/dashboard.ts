// One page with the data model's metrics.

import { AlarmStatusWidget, Dashboard, GraphWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Alarms } from './alarms.ts';
import { requestMetric, tableMetric, throttledRequests } from './metrics.ts';
import type { HubMetrics } from './metrics.ts';
import type { HubTable } from './tables.ts';

const graph = (title: string, left: IMetric[], width: number): GraphWidget =>
  new GraphWidget({ title, left, width, height: 6 });

export function addDashboard(
  scope: Construct,
  stackName: string,
  tables: readonly HubTable[],
  bucket: Bucket,
  hub: HubMetrics,
  alarms: Alarms,
): Dashboard {
  const ofTables = (metricName: string, of = tables): IMetric[] =>
    of.map((table) => tableMetric(table, metricName));
  const ofBucket = (...names: string[]): IMetric[] =>
    names.map((name) => requestMetric(bucket.bucketName, name));
  const expiring = tables.filter(({ schema }) => schema.ttlAttribute !== null);

  return new Dashboard(scope, 'Dashboard', {
    dashboardName: stackName,
    widgets: [
      [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms.all], width: 24 })],
      [
        graph('Executions', [hub.executions(), hub.executionsFailed()], 6),
        graph('Failed executions, %', [hub.failureRate()], 6),
        graph('Processing latency, seconds', [hub.processingLatency()], 6),
        graph('Used share of storage', [hub.storageUsed()], 6),
      ],
      [
        graph('Consumed read capacity', ofTables('ConsumedReadCapacityUnits'), 12),
        graph('Consumed write capacity', ofTables('ConsumedWriteCapacityUnits'), 12),
      ],
      [
        graph('Throttled requests', tables.map(throttledRequests), 12),
        graph('Items deleted by TTL', ofTables('TimeToLiveDeletedItemCount', expiring), 12),
      ],
      [
        graph('S3 requests', ofBucket('GetRequests', 'PutRequests', 'AllRequests'), 8),
        graph('S3 transfer, bytes', ofBucket('BytesDownloaded', 'BytesUploaded'), 8),
        graph('S3 errors', ofBucket('4xxErrors', '5xxErrors'), 8),
      ],
    ],
  });
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Template } from 'aws-cdk-lib/assertions';
import { expected } from './data-model.ts';
import { only, resolve, resources, synth } from './support.ts';
import type { Context, Resource } from './support.ts';

const alarms = (template: Template): Resource[] => resources(template, 'AWS::CloudWatch::Alarm');

function alarm(name: string, context: Context = {}): Record<string, unknown> {
  return only(
    alarms(synth(context)).filter(({ Properties }) => Properties.AlarmName === name),
    name,
  ).Properties;
}

interface Widget {
  properties: { title?: string; metrics?: unknown[][] };
}

function widgets(context: Context = {}): Widget[] {
  const template = synth(context);
  const { Properties } = only(resources(template, 'AWS::CloudWatch::Dashboard'), 'dashboard');
  const body = resolve(template, Properties.DashboardBody) as string;
  return (JSON.parse(body) as { widgets: Widget[] }).widgets;
}

describe('alarms', () => {
  it('are those of the data model', () => {
    const names = alarms(synth()).map(({ Properties }) => Properties.AlarmName);
    assert.deepEqual(names, [
      ...expected.map(({ name }) => `MessageAutomationHub-Throttled-${name}`),
      'MessageAutomationHub-FailedExecutions',
      'MessageAutomationHub-ProcessingLatency',
      'MessageAutomationHub-Storage',
    ]);
    assert.equal(alarms(synth({ layout: 'single-table' })).length, 4);
  });

  for (const { name } of expected) {
    it(`rings when more than 10 requests a minute to ${name} are throttled`, () => {
      const { Threshold, ComparisonOperator, EvaluationPeriods, Metrics } = alarm(
        `MessageAutomationHub-Throttled-${name}`,
      );
      assert.equal(Threshold, 10);
      assert.equal(ComparisonOperator, 'GreaterThanThreshold');
      assert.equal(EvaluationPeriods, 1);
      const query = only(Metrics as Record<string, unknown>[], 'query');
      assert.equal(query.Period, 60);
      assert.equal(
        query.Expression,
        'SELECT SUM(ThrottledRequests) FROM SCHEMA("AWS/DynamoDB", Operation, TableName) ' +
          `WHERE TableName = 'MessageAutomationHub-${name}'`,
      );
    });
  }

  it('rings when more than 5 % of the executions failed', () => {
    const { Threshold, ComparisonOperator, Metrics } = alarm(
      'MessageAutomationHub-FailedExecutions',
    );
    assert.equal(Threshold, 5);
    assert.equal(ComparisonOperator, 'GreaterThanThreshold');
    const metrics = Metrics as Record<string, unknown>[];
    assert.equal(metrics[0]?.Expression, 'IF(total > 0, 100 * FILL(failed, 0) / total, 0)');
    assert.deepEqual(
      metrics.slice(1).map(({ Id, MetricStat, ReturnData }) => ({ Id, MetricStat, ReturnData })),
      [
        ['failed', 'ExecutionsFailed'],
        ['total', 'Executions'],
      ].map(([Id, MetricName]) => ({
        Id,
        MetricStat: {
          Metric: { MetricName, Namespace: 'MessageAutomationHub' },
          Period: 300,
          Stat: 'Sum',
        },
        ReturnData: false,
      })),
    );
  });

  it('rings when a message took more than five minutes', () => {
    const { Threshold, ComparisonOperator, MetricName, Namespace, Statistic, Period } = alarm(
      'MessageAutomationHub-ProcessingLatency',
    );
    assert.equal(Threshold, 5 * 60);
    assert.equal(ComparisonOperator, 'GreaterThanThreshold');
    assert.equal(MetricName, 'MessageProcessingLatency');
    assert.equal(Namespace, 'MessageAutomationHub');
    assert.equal(Statistic, 'Maximum');
    assert.equal(Period, 300);
  });

  it('rings when storage approaches its limits', () => {
    const { Threshold, ComparisonOperator, MetricName, Namespace, Statistic } = alarm(
      'MessageAutomationHub-Storage',
    );
    assert.equal(Threshold, 0.8);
    assert.equal(ComparisonOperator, 'GreaterThanThreshold');
    assert.equal(MetricName, 'StorageUsed');
    assert.equal(Namespace, 'MessageAutomationHub');
    assert.equal(Statistic, 'Maximum');
  });

  it('are quiet without data, and say when they begin and end', () => {
    const template = synth();
    const topic = only(Object.keys(template.findResources('AWS::SNS::Topic')), 'topic');
    for (const { Properties } of alarms(template)) {
      assert.equal(Properties.TreatMissingData, 'notBreaching');
      assert.deepEqual(Properties.AlarmActions, [{ Ref: topic }]);
      assert.deepEqual(Properties.OKActions, [{ Ref: topic }]);
    }
  });

  it('watch the namespace that was chosen', () => {
    const { Namespace } = alarm('MessageAutomationHub-Storage', { metricsNamespace: 'Staging' });
    assert.equal(Namespace, 'Staging');
  });

  it('write to the address that was given, and to nobody otherwise', () => {
    synth().resourceCountIs('AWS::SNS::Subscription', 0);
    synth({ alarmEmail: 'ops@example.com' }).hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    });
  });
});

describe('dashboard', () => {
  const titled = (title: string, context: Context = {}): unknown[][] =>
    only(
      widgets(context).filter(({ properties }) => properties.title === title),
      title,
    ).properties.metrics ?? [];

  /** [namespace, name, dimension, value, …] of each metric that is drawn. */
  const names = expected.map(({ name }) => `MessageAutomationHub-${name}`);

  it('draws the consumed capacity of each table', () => {
    for (const [title, metric] of [
      ['Consumed read capacity', 'ConsumedReadCapacityUnits'],
      ['Consumed write capacity', 'ConsumedWriteCapacityUnits'],
    ] as const) {
      assert.deepEqual(
        titled(title).map((metrics) => metrics.slice(0, 4)),
        names.map((name) => ['AWS/DynamoDB', metric, 'TableName', name]),
      );
    }
  });

  it('draws the throttled requests of each table', () => {
    const drawn = titled('Throttled requests').map(
      ([query]) => (query as { expression: string }).expression,
    );
    assert.equal(drawn.length, names.length);
    names.forEach((name, i) => {
      assert.ok(drawn[i]?.includes(`WHERE TableName = '${name}'`), drawn[i]);
    });
  });

  it('draws what TTL deletes, of the tables that expire', () => {
    assert.deepEqual(
      titled('Items deleted by TTL').map((metrics) => metrics.slice(0, 4)),
      ['Messages', 'Executions'].map((name) => [
        'AWS/DynamoDB',
        'TimeToLiveDeletedItemCount',
        'TableName',
        `MessageAutomationHub-${name}`,
      ]),
    );
  });

  it('draws the requests and the transfer of the bucket', () => {
    const drawn = ['S3 requests', 'S3 transfer, bytes'].flatMap((title) => titled(title));
    assert.deepEqual(
      drawn.map((metrics) => metrics.slice(0, 6)),
      ['GetRequests', 'PutRequests', 'AllRequests', 'BytesDownloaded', 'BytesUploaded'].map(
        (name) => ['AWS/S3', name, 'BucketName', 'the-bucket', 'FilterId', 'EntireBucket'],
      ),
    );
  });

  it('draws what the hubs measure', () => {
    const drawn = ['Executions', 'Processing latency, seconds', 'Used share of storage'].flatMap(
      (title) => titled(title).map((metrics) => metrics.slice(0, 2)),
    );
    assert.deepEqual(
      drawn,
      ['Executions', 'ExecutionsFailed', 'MessageProcessingLatency', 'StorageUsed'].map((name) => [
        'MessageAutomationHub',
        name,
      ]),
    );
  });
});

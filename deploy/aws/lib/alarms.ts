// The data model's four alarms and the topic that they speak to.

import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { throttledRequests } from './metrics.ts';
import type { HubMetrics } from './metrics.ts';
import type { Settings } from './settings.ts';
import type { HubTable } from './tables.ts';

interface Limit {
  name: string;
  description: string;
  metric: IMetric;
  threshold: number; // above it is alarming
}

/** StorageUsed above this is "approaching limits". */
const storageShare = 0.8;

export class Alarms extends Construct {
  readonly topic: Topic;
  readonly all: readonly Alarm[];

  constructor(
    scope: Construct,
    stackName: string,
    tables: readonly HubTable[],
    hub: HubMetrics,
    settings: Settings,
  ) {
    super(scope, 'Alarms');
    this.topic = new Topic(this, 'Topic', { displayName: 'Message Automation Hub' });
    if (settings.alarmEmail !== undefined) {
      this.topic.addSubscription(new EmailSubscription(settings.alarmEmail));
    }

    const limits: Limit[] = [
      ...tables.map((table) => ({
        name: `Throttled-${table.schema.name}`,
        description: `More than 10 requests to ${table.name} were throttled within a minute`,
        metric: throttledRequests(table),
        threshold: 10,
      })),
      {
        name: 'FailedExecutions',
        description: 'More than 5 % of the executions of five minutes failed',
        metric: hub.failureRate(),
        threshold: 5,
      },
      {
        name: 'ProcessingLatency',
        description: 'A message took more than 5 minutes from arrival to its final status',
        metric: hub.processingLatency(),
        threshold: 300,
      },
      {
        name: 'Storage',
        description: 'More than 80 % of the storage of a hub is used',
        metric: hub.storageUsed(),
        threshold: storageShare,
      },
    ];
    this.all = limits.map((limit) => this.#add(stackName, limit));
  }

  #add(stackName: string, { name, description, metric, threshold }: Limit): Alarm {
    const alarm = new Alarm(this, name, {
      alarmName: `${stackName}-${name}`,
      alarmDescription: description,
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    const action = new SnsAction(this.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    return alarm;
  }
}

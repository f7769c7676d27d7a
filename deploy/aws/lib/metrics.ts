// What is measured: by DynamoDB and S3 themselves, and by the hubs under a namespace of their own.

import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { requestMetricsId } from './bucket.ts';
import type { HubTable } from './tables.ts';

const oneMinute = Duration.minutes(1);
const fiveMinutes = Duration.minutes(5);

/** The metrics that hubs publish, without dimensions, so that those of all hubs add up. */
export class HubMetrics {
  readonly #namespace: string;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  #metric(metricName: string, statistic: string): Metric {
    return new Metric({ namespace: this.#namespace, metricName, statistic, period: fiveMinutes });
  }

  executions(): Metric {
    return this.#metric('Executions', Stats.SUM);
  }

  executionsFailed(): Metric {
    return this.#metric('ExecutionsFailed', Stats.SUM);
  }

  /** Percent. Without executions nothing has failed. */
  failureRate(): MathExpression {
    return new MathExpression({
      expression: 'IF(total > 0, 100 * FILL(failed, 0) / total, 0)',
      usingMetrics: { failed: this.executionsFailed(), total: this.executions() },
      label: 'failed executions, % of all',
      period: fiveMinutes,
    });
  }

  /** Seconds from a message's arrival to its final status, of the slowest message. */
  processingLatency(): Metric {
    return this.#metric('MessageProcessingLatency', Stats.MAXIMUM);
  }

  /** Used share of the storage that a hub has, 0 to 1, of the fullest hub. */
  storageUsed(): Metric {
    return this.#metric('StorageUsed', Stats.MAXIMUM);
  }
}

/**
 * Throttled requests of a table and its indexes, of all operations together. DynamoDB counts them by
 * operation and has no data where nothing was throttled: a query sums what there is, while a sum of
 * single metrics would be missing as soon as one of them is.
 */
export function throttledRequests({ name }: HubTable): MathExpression {
  return new MathExpression({
    expression:
      'SELECT SUM(ThrottledRequests) FROM SCHEMA("AWS/DynamoDB", Operation, TableName) ' +
      `WHERE TableName = '${name}'`,
    label: name,
    period: oneMinute,
  });
}

export function tableMetric({ name }: HubTable, metricName: string): Metric {
  return new Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    dimensionsMap: { TableName: name },
    statistic: Stats.SUM,
    label: name,
    period: oneMinute,
  });
}

export function requestMetric(bucketName: string, metricName: string): IMetric {
  return new Metric({
    namespace: 'AWS/S3',
    metricName,
    dimensionsMap: { BucketName: bucketName, FilterId: requestMetricsId },
    statistic: Stats.SUM,
    label: metricName,
    period: fiveMinutes,
  });
}

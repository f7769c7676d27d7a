// What may be chosen at deployment, from the CDK context: `cdk deploy -c layout=single-table`.

import type { Node } from 'constructs';
import type { Layout } from './schema.ts';

export interface Settings {
  layout: Layout;
  billing: 'on-demand' | 'provisioned';
  encryption: 'aws-managed' | 'customer';
  tablePrefix: string; // in front of every table's name
  bucketName?: string; // otherwise message-automation-hub-ACCOUNT-REGION
  archiveDays: number; // until archives/ leaves the Standard storage class
  archiveClass: 'GLACIER_IR' | 'GLACIER' | 'DEEP_ARCHIVE';
  noncurrentDays: number; // that a replaced or deleted object can still be brought back
  metricsNamespace: string; // of the hubs' own metrics
  alarmEmail?: string;
}

/** Every name that the context may have. */
export const settingNames = [
  'stackName',
  'layout',
  'billing',
  'encryption',
  'tablePrefix',
  'bucketName',
  'archiveDays',
  'archiveClass',
  'noncurrentDays',
  'metricsNamespace',
  'alarmEmail',
];

// Names in the context that are not ours: CDK's own hold a ":", an "@" or a "-".
const ours = /^[A-Za-z]+$/;

function text(node: Node, name: string): string | undefined {
  const value: unknown = node.tryGetContext(name);
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new Error(`${name}: a text is needed`);
}

function matching(node: Node, name: string, pattern: RegExp, what: string): string | undefined {
  const value = text(node, name);
  if (value !== undefined && !pattern.test(value)) throw new Error(`${name}: ${what}`);
  return value;
}

function oneOf<const T extends string>(node: Node, name: string, choices: readonly T[]): T {
  const value = text(node, name) ?? choices[0];
  const choice = choices.find((each) => each === value);
  if (choice === undefined) {
    throw new Error(`${name}: one of ${choices.join(', ')} is needed, not ${String(value)}`);
  }
  return choice;
}

function days(node: Node, name: string, otherwise: number, least: number): number {
  const value = Number(text(node, name) ?? otherwise);
  if (!Number.isInteger(value) || value < least || value > 3650) {
    throw new Error(`${name}: whole days from ${String(least)} to 3650 are needed`);
  }
  return value;
}

/** Throws on a value that is not allowed, and on a name that nobody knows. */
export function readSettings(node: Node): Settings {
  const context = node.getAllContext() as Record<string, unknown>;
  const strange = Object.keys(context).find(
    (name) => ours.test(name) && !settingNames.includes(name),
  );
  if (strange !== undefined) {
    throw new Error(`${strange}: no such setting; there are ${settingNames.join(', ')}`);
  }

  const layout = oneOf(node, 'layout', ['multi-table', 'single-table']);
  const tablePrefix = matching(
    node,
    'tablePrefix',
    /^[A-Za-z0-9_.-]{0,100}$/,
    'at most 100 letters, digits, "_", "." and "-" are allowed',
  );
  return {
    layout,
    billing: oneOf(node, 'billing', ['on-demand', 'provisioned']),
    encryption: oneOf(node, 'encryption', ['aws-managed', 'customer']),
    tablePrefix: tablePrefix ?? (layout === 'multi-table' ? 'MessageAutomationHub-' : ''),
    bucketName: matching(
      node,
      'bucketName',
      /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
      '3 to 63 lower-case letters, digits and "-" are needed',
    ),
    archiveDays: days(node, 'archiveDays', 30, 0),
    archiveClass: oneOf(node, 'archiveClass', ['GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE']),
    noncurrentDays: days(node, 'noncurrentDays', 30, 1),
    metricsNamespace:
      matching(
        node,
        'metricsNamespace',
        /^(?!AWS\/)[A-Za-z0-9/_-]{1,200}$/,
        'letters, digits, "/", "_" and "-" are needed, and no "AWS/" in front',
      ) ?? 'MessageAutomationHub',
    alarmEmail: matching(node, 'alarmEmail', /^[^@\s]+@[^@\s]+$/, 'an e-mail address is needed'),
  };
}

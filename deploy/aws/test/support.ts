// Synthesises the app in this process and reads facts out of the template.

import assert from 'node:assert/strict';
import { Template } from 'aws-cdk-lib/assertions';
import { hubApp } from '../lib/app.ts';

export type Context = Record<string, string>;

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

export interface Statement {
  Sid?: string;
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
  Principal?: unknown;
}

const made = new Map<string, Template>();

export function synth(context: Context = {}): Template {
  const choice = JSON.stringify(context);
  const template = made.get(choice) ?? Template.fromStack(hubApp({ context }).stack);
  made.set(choice, template);
  return template;
}

export const layouts = ['multi-table', 'single-table'] as const;
const billings = ['on-demand', 'provisioned'] as const;
const encryptions = ['aws-managed', 'customer'] as const;

/** Every combination of the choices that change what is made. */
export const combinations: Context[] = layouts.flatMap((layout) =>
  billings.flatMap((billing) => encryptions.map((encryption) => ({ layout, billing, encryption }))),
);

export function resources(template: Template, type: string): Resource[] {
  return Object.values(template.findResources(type)) as Resource[];
}

export function only<T>(items: readonly T[], what: string): T {
  assert.equal(items.length, 1, `${String(items.length)} of ${what}`);
  return items[0] as T;
}

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

const account = '123456789012';
const region = 'eu-central-1';
const pseudo: Record<string, string> = {
  'AWS::AccountId': account,
  'AWS::Region': region,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
};

function arnOf({ Type, Properties }: Resource, attribute: string): string {
  if (Type === 'AWS::DynamoDB::Table') {
    const table = `arn:aws:dynamodb:${region}:${account}:table/${String(Properties.TableName)}`;
    return attribute === 'StreamArn' ? `${table}/stream/2026-11-22T15:30:00.000` : table;
  }
  if (Type === 'AWS::S3::Bucket') return 'arn:aws:s3:::the-bucket';
  if (Type === 'AWS::KMS::Key') {
    return String(Properties.Description).endsWith('at rest') ? 'key:at-rest' : 'key:credentials';
  }
  return `${Type}.${attribute}`; // nothing that a test looks at
}

/** The template's value as CloudFormation would give it in one account and region. */
export function resolve(template: Template, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => resolve(template, each));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  const all = (template.toJSON() as { Resources: Record<string, Resource> }).Resources;
  if (entries.length === 1 && name === 'Ref') {
    const id = argument as string;
    return pseudo[id] ?? (all[id]?.Type === 'AWS::S3::Bucket' ? 'the-bucket' : id);
  }
  if (entries.length === 1 && name === 'Fn::GetAtt') {
    const [id, attribute] = argument as [string, string];
    const resource = all[id];
    assert.ok(resource, id);
    return arnOf(resource, attribute);
  }
  if (entries.length === 1 && name === 'Fn::Join') {
    const [glue, parts] = argument as [string, unknown[]];
    return parts.map((part) => resolve(template, part)).join(glue);
  }
  return Object.fromEntries(entries.map(([key, each]) => [key, resolve(template, each)]));
}

export interface Policy {
  description: string;
  document: { Version: string; Statement: Statement[] };
}

/** The managed policies with every reference resolved. */
export function policies(template: Template): Policy[] {
  return resources(template, 'AWS::IAM::ManagedPolicy').map(({ Properties }) => ({
    description: String(Properties.Description),
    document: resolve(template, Properties.PolicyDocument) as Policy['document'],
  }));
}

export function policy(template: Template, description: RegExp): Policy {
  return only(
    policies(template).filter((each) => description.test(each.description)),
    String(description),
  );
}

export const tableArn = (name: string): string =>
  `arn:aws:dynamodb:${region}:${account}:table/${name}`;
export const streamArn = (name: string): string =>
  `${tableArn(name)}/stream/2026-11-22T15:30:00.000`;

// The customer master keys.

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';

export class Keys extends Construct {
  /** Wraps the data keys under which the hub seals credentials; nothing else uses it. */
  readonly credentials: Key;
  /** Encrypts tables and bucket at rest, when the customer wants a key of their own. */
  readonly atRest: Key | undefined;

  constructor(scope: Construct, stackName: string, settings: Settings) {
    super(scope, 'Keys');
    const add = (id: string, purpose: string, description: string): Key =>
      new Key(this, id, {
        alias: `alias/${stackName}-${purpose}`,
        description,
        enableKeyRotation: true,
        pendingWindow: Duration.days(30),
        removalPolicy: RemovalPolicy.RETAIN,
      });
    this.credentials = add(
      'Credentials',
      'credentials',
      'Message Automation Hub: wraps the data keys of credentials and e-mail addresses',
    );
    this.atRest =
      settings.encryption === 'customer'
        ? add('AtRest', 'at-rest', 'Message Automation Hub: tables and bucket at rest')
        : undefined;
  }
}

// The app: settings from the context, one stack.

import { App } from 'aws-cdk-lib';
import type { AppProps } from 'aws-cdk-lib';
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { HubStack } from './hub-stack.ts';
import { readSchema } from './schema.ts';
import { readSettings } from './settings.ts';

export function hubApp(props: AppProps = {}): { app: App; stack: HubStack } {
  const app = new App({
    analyticsReporting: false,
    ...props,
    context: { ...flags, ...props.context },
  });
  const name: unknown = app.node.tryGetContext('stackName') ?? 'MessageAutomationHub';
  if (typeof name !== 'string' || !/^[A-Za-z][A-Za-z0-9-]{0,99}$/.test(name)) {
    throw new Error('stackName: a letter, then letters, digits and "-" are needed');
  }
  const settings = readSettings(app.node);
  return { app, stack: new HubStack(app, name, { schema: readSchema(), settings }) };
}

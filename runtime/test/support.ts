/** Short ways to make messages and hosts for tests. */
import type { Message } from '../project/src/lib/message.ts';
import type { ActionIo, Rule } from '../project/src/lib/rule.ts';
import { performStep, type Host } from '../project/src/lib/run.ts';

export function mailWith(parts: Partial<Message>): Message {
  return {
    id: 'm1',
    channelId: 'c1',
    channelType: 'email',
    receivedAt: '2026-11-22T10:00:00.000Z',
    from: 'billing@acme.com',
    body: '',
    timestamp: '2026-11-22T10:00:00.000Z',
    ...parts,
  };
}

export function ruleWith(parts: Partial<Rule>): Rule {
  return {
    name: 'A rule',
    source: { sha256: '00', compiler: '0.1.0' },
    triggers: [],
    extract: {},
    steps: [],
    examples: [],
    ...parts,
  };
}

export function hostWith(parts: Partial<Host>): Host {
  return {
    connection: (name) => {
      throw new Error(`the test knows no connection ${name}`);
    },
    signal: new AbortController().signal,
    key: (order) => `key-${String(order)}`,
    perform: performStep,
    ...parts,
  };
}

/** The surroundings of one action. */
export function ioWith(parts: Partial<ActionIo>): ActionIo {
  const { connection, signal } = hostWith({});
  return { connection, message: mailWith({}), key: 'key-1', signal, ...parts };
}

/** Texts that a template could stumble over; they must come out exactly as they went in. */
export const NASTY_TEXTS = [
  `"double" 'single' \`back\``,
  `'; drop table invoices; --`,
  '{{body}} ${body} $1 :number %s',
  'line\u2028separator\u2029paragraph',
  'back\\slash \\n \\u0041',
  'tab\tline\nfeed',
  '<script>alert(1)</script> &amp;',
  'Zoë 🧾 𐍈 \u202eright to left\u202c',
  '.\n..\n. a dot at the start of a line',
  'From the start of a line',
  '=3D quoted =\nprintable',
  '__proto__ constructor',
];

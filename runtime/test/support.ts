/** Short ways to make messages and hosts for tests. */
import type { Message } from '../project/src/lib/message.ts';
import { ActionError } from '../project/src/lib/errors.ts';
import type { Json } from '../project/src/lib/json.ts';
import type { Action, ActionIo, Rule } from '../project/src/lib/rule.ts';
import { performStep, runRule, type Host, type Outcome } from '../project/src/lib/run.ts';

/** Milliseconds of the processor that this process has used: those of others do not count. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

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

/** What an action was asked to say, with its key. */
export type Log = string[];

/** Says things; what begins with `fail` fails, and the output is what `answer` gives. */
export function saying(
  log: Log,
  answer: (say: string) => Json = (say) => say,
): Action<{ say: string }> {
  return {
    type: 'say',
    summary: ({ say }) => `say ${say}`,
    content: ({ say }) => say,
    perform({ say }, { key }) {
      log.push(`${say} ${key}`);
      if (!say.startsWith('fail')) return Promise.resolve(answer(say));
      const options = { recoverable: true, effect: 'unknown', retryAfterMs: 5 } as const;
      return Promise.reject(new ActionError('said_no', 'No.', options));
    },
  };
}

/** A mail with three files; the second has no content. */
export const FILES: Message = mailWith({
  attachments: [
    { filename: 'a.pdf', contentType: 'application/pdf', size: 1, content: 'QQ==' },
    { filename: 'b.png', contentType: 'image/png', size: 2 },
    { filename: 'c.pdf', contentType: 'application/pdf', size: 3, content: 'Qw==' },
  ],
});

/** Runs a rule of these parts. */
export function run(
  rule: Partial<Rule>,
  message = mailWith({}),
  host: Partial<Host> = {},
): Promise<Outcome> {
  return runRule(ruleWith(rule), message, hostWith(host));
}

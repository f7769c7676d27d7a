// Stands where a generated project has its generated rule, so that this folder is such a project.
import { askChatgpt } from './actions/chatgpt.ts';
import { runSql } from './actions/database.ts';
import { sendEmail } from './actions/email.ts';
import { updateSheet } from './actions/sheets.ts';
import { postToSlack } from './actions/slack.ts';
import { sendWebhook } from './actions/webhook.ts';
import { amountAfter, domainOf, textAfter, textMatching } from './lib/extract.ts';
import { isOver } from './lib/guards.ts';
import { valueAt } from './lib/json.ts';
import { defineRule, step } from './lib/rule.ts';
import { header, slack, sql, text } from './lib/template.ts';

export const rule = defineRule({
  name: 'File Acme invoices',
  source: {
    sha256: '5f0c1d7f4bd0a7c25b6bd2f7a4f35c3e1c53cf1c8a1e5d3b2f4e6a7980b1c2d3',
    compiler: '0.1.0',
  },

  // When: lines 6 to 10
  triggers: [
    {
      channel: { type: 'email', name: 'Billing inbox', line: 8 },
      conditions: [
        { line: 9, field: 'from', operator: 'endsWith', value: '@acme.com' },
        { line: 10, field: 'subject', operator: 'contains', value: 'invoice' },
      ],
    },
  ],

  // Extract: lines 12 to 17
  extract: {
    number: { line: 14, find: (message) => textMatching(message, 'subject', 'INV-(\\d+)') },
    total: { line: 15, find: (message) => amountAfter(message, 'body', 'Total:') },
    due: { line: 16, find: (message) => textAfter(message, 'body', 'Due by'), otherwise: 'none' },
    vendor: { line: 17, find: (message) => domainOf(message, 'from'), optional: true },
  },

  // Do: lines 19 to 54
  steps: [
    step({
      line: 21,
      action: sendWebhook,
      request: ({ number, total }) => ({
        method: 'POST',
        url: 'https://erp.example.com/invoices',
        headers: {},
        body: { number: text`${number}`, total },
      }),
    }),
    step({
      line: 27,
      continueOnError: true,
      action: sendEmail,
      request: ({ number, total, vendor }) => ({
        connection: 'Office mail',
        to: ['ap@example.com'],
        subject: header`Invoice ${number} filed`,
        text: text`Invoice ${number} from ${vendor}: ${total}.`,
      }),
    }),
    step({
      line: 31,
      action: runSql,
      request: ({ number, total }) => ({
        connection: 'ERP',
        statement: sql`insert into invoices (number, total) values (${number}, ${total})`,
      }),
    }),
    step({
      line: 37,
      action: updateSheet,
      request: ({ number, total, vendor }) => ({
        connection: 'Ledger',
        tab: 'Invoices',
        operation: 'append',
        mapping: { Number: number, Total: total, Vendor: vendor },
      }),
    }),
    step({
      line: 43,
      continueOnError: true,
      as: 'summary',
      action: askChatgpt,
      request: (_values, { body }) => ({
        connection: 'OpenAI',
        model: 'gpt-4o-mini',
        prompt: text`Summarise this invoice in one sentence.\n\n${body}`,
        outputField: 'summary',
      }),
    }),
    step({
      line: 49,
      onlyIf: ({ total }) => isOver(total, 1000),
      action: postToSlack,
      request: ({ number, vendor, total, summary }) => ({
        connection: 'Slack',
        channel: '#finance',
        text: slack`Invoice ${number} from ${vendor}: ${total}. ${summary}`,
      }),
    }),
  ],

  // If it fails: lines 56 to 59
  onFailure: {
    line: 56,
    retry: { times: 5, overMs: 7_200_000 },
    steps: [
      step({
        line: 59,
        action: sendEmail,
        request: ({ error }) => ({
          connection: 'Office mail',
          to: ['ops@example.com'],
          subject: 'The rule "File Acme invoices" has failed',
          text: text`${valueAt(error, 'message')}`,
        }),
      }),
    ],
  },

  // Examples: lines 61 to 96
  examples: [
    {
      title: 'a normal invoice',
      line: 61,
      message: {
        kind: 'email',
        raw: 'From: billing@acme.com\nSubject: Invoice INV-1042\n\nTotal: $1,204.50\n',
      },
      expect: [
        { line: 70, matches: true },
        { line: 71, field: 'number', is: '1042' },
        { line: 72, field: 'total', is: '1204.50' },
        { line: 73, step: 1, sends: 'Invoice 1042 from acme.com: 1204.50.' },
        { line: 75, step: 5, sends: 'Invoice 1042 from acme.com: 1204.50. A bill for anvils.' },
      ],
      answers: { 4: 'A bill for anvils.' },
    },
    {
      title: 'a small invoice',
      line: 77,
      message: {
        kind: 'email',
        raw: 'From: billing@acme.com\nSubject: Invoice INV-7\n\nTotal: $9.90\n',
      },
      expect: [
        { line: 86, matches: true },
        { line: 87, step: 5, runs: false },
      ],
    },
    {
      title: 'a newsletter',
      line: 89,
      message: {
        kind: 'email',
        raw: 'From: news@acme.com\nSubject: Spring sale\n\nEverything must go.\n',
      },
      expect: [{ line: 96, matches: false }],
    },
  ],
});

// Stands where a generated project has its generated rule, so that this folder is such a project.
import { runSql } from './actions/database.ts';
import { sendEmail } from './actions/email.ts';
import { sendWebhook } from './actions/webhook.ts';
import { amountAfter, domainOf, textAfter, textMatching } from './lib/extract.ts';
import { defineRule, step } from './lib/rule.ts';
import { sql, text } from './lib/template.ts';

export const rule = defineRule({
  name: 'File Acme invoices',
  source: {
    file: 'file-acme-invoices.md',
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

  // Do: lines 19 to 36
  steps: [
    step({ line: 21 }, sendWebhook, ({ number, total }) => ({
      method: 'POST',
      url: 'https://erp.example.com/invoices',
      headers: {},
      body: { number: text`${number}`, total },
    })),
    step({ line: 27, continueOnError: true }, sendEmail, ({ number, total, vendor }) => ({
      connection: 'Office mail',
      to: ['ap@example.com'],
      subject: text`Invoice ${number} filed`,
      text: text`Invoice ${number} from ${vendor}: ${total}.`,
    })),
    step({ line: 31 }, runSql, ({ number, total }) => ({
      connection: 'ERP',
      statement: sql`insert into invoices (number, total) values (${number}, ${total})`,
    })),
  ],

  // Examples: lines 38 to 66
  examples: [
    {
      title: 'a normal invoice',
      line: 38,
      message: {
        kind: 'email',
        raw: 'From: billing@acme.com\nSubject: Invoice INV-1042\n\nTotal: $1,204.50\n',
      },
      expect: [
        { line: 47, matches: true },
        { line: 48, field: 'number', is: '1042' },
        { line: 49, field: 'total', is: '1204.50' },
        { line: 50, step: 1, sends: 'Invoice 1042 from acme.com: 1204.50.' },
      ],
    },
    {
      title: 'a newsletter',
      line: 52,
      message: {
        kind: 'email',
        raw: 'From: news@acme.com\nSubject: Spring sale\n\nEverything must go.\n',
      },
      expect: [{ line: 60, matches: false }],
    },
  ],
});

/**
 * A stand-in for Google Sheets with state: a token endpoint for service accounts and the three
 * calls that rows need. Every request is held to Google's own description of the API, from which
 * google-sheets.openapi.json is cut; what does not fit it is refused and kept in `violations`.
 */
import { createPublicKey, generateKeyPairSync, randomUUID, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { OpenAPIBackend, type Context, type Document } from 'openapi-backend';

export type SheetCell = string | number | boolean | null;

export interface GoogleSheets {
  url: string; // http://127.0.0.1:port
  serviceAccount: string; // the JSON key file of an account that may write
  email: string;
  /** The tabs of the spreadsheet `spreadsheetId`, by name; tests fill and read them. */
  tabs: Map<string, SheetCell[][]>;
  spreadsheetId: string;
  violations: string[];
  calls: string[]; // 'get A1:Z1', 'append', …
  tokens: number; // how many were given out
  /** Answers the next calls of that kind so, in place of doing them. */
  refuse: (refusal: Refusal) => void;
  stop: () => Promise<void>;
}

export interface Refusal {
  call: 'token' | 'get' | 'update' | 'append';
  status: number;
  body: unknown;
  headers?: Record<string, string>;
  /** Do it, and close the connection without an answer. */
  hangUp?: boolean;
}

const document = JSON.parse(
  readFileSync(new URL('google-sheets.openapi.json', import.meta.url), 'utf8'),
) as Document;

export async function startGoogleSheets(): Promise<GoogleSheets> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const email = 'robot@project.iam.gserviceaccount.com';
  const tokens = new Set<string>();
  const refusals: Refusal[] = [];
  const fake: GoogleSheets = {
    url: '',
    serviceAccount: '',
    email,
    tabs: new Map(),
    spreadsheetId: 'sheet-1',
    violations: [],
    calls: [],
    tokens: 0,
    refuse: (refusal) => refusals.push(refusal),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  const api = await apiOf(fake);

  const server = createServer((request, response) => {
    void handle(request, response).catch((error: unknown) => {
      fake.violations.push(String(error));
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  fake.url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  fake.serviceAccount = JSON.stringify({
    type: 'service_account',
    private_key_id: 'key-1',
    private_key: privateKey,
    client_email: email,
    token_uri: `${fake.url}/token`,
  });
  return fake;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? '/', fake.url);
    const call = callOf(request.method, url);
    const refusal = takeRefusal(call);
    if (refusal && !refusal.hangUp) {
      reply(response, refusal.status, refusal.body, refusal.headers);
      return;
    }
    const answer =
      call === 'token' ? token(body) : await apiAnswer(request, url, body, call === 'get');
    if (refusal) request.socket.destroy();
    else reply(response, answer.status, answer.body);
  }

  function takeRefusal(call: string): Refusal | undefined {
    const index = refusals.findIndex((refusal) => refusal.call === call);
    return index < 0 ? undefined : refusals.splice(index, 1)[0];
  }

  async function apiAnswer(
    request: IncomingMessage,
    url: URL,
    body: string,
    isRead: boolean,
  ): Promise<Answer> {
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (bearer === undefined || !tokens.has(bearer)) {
      return problem(401, 'Request had invalid authentication credentials.');
    }
    if (!isRead && request.headers['content-type'] !== 'application/json') {
      fake.violations.push(`content-type ${String(request.headers['content-type'])}`);
    }
    return (await api.handleRequest({
      method: request.method ?? '',
      path: url.pathname,
      query: url.search.slice(1),
      body,
      headers: request.headers as Record<string, string>,
    })) as Answer;
  }

  /** RFC 7523: a signed assertion for a token. */
  function token(body: string): Answer {
    const form = new URLSearchParams(body);
    const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
    const signed = verify(
      'RSA-SHA256',
      Buffer.from(`${head}.${claims}`),
      createPublicKey(publicKey),
      Buffer.from(signature, 'base64url'),
    );
    const { iss, scope } = JSON.parse(Buffer.from(claims, 'base64url').toString() || '{}') as {
      iss?: string;
      scope?: string;
    };
    const isAsked = form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    if (!isAsked || !signed || iss !== email) {
      return { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid JWT.' } };
    }
    if (scope !== 'https://www.googleapis.com/auth/spreadsheets') {
      fake.violations.push(`scope ${String(scope)}`);
    }
    const made = randomUUID();
    tokens.add(made);
    fake.tokens += 1;
    return { status: 200, body: { access_token: made, expires_in: 3599, token_type: 'Bearer' } };
  }
}

interface Answer {
  status: number;
  body: unknown;
}

function problem(status: number, message: string): Answer {
  return { status, body: { error: { code: status, message, status: 'FAILED' } } };
}

function reply(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function callOf(method: string | undefined, url: URL): Refusal['call'] {
  if (url.pathname === '/token') return 'token';
  if (method === 'GET') return 'get';
  return method === 'PUT' ? 'update' : 'append';
}

async function apiOf(fake: GoogleSheets): Promise<OpenAPIBackend> {
  const api = new OpenAPIBackend({
    definition: strict(document),
    quick: true,
    ajvOpts: { strict: false },
    handlers: {
      'sheets.spreadsheets.values.get': (context: Context) => read(fake, context),
      'sheets.spreadsheets.values.update': (context: Context) => update(fake, context),
      'sheets.spreadsheets.values.append': (context: Context) => append(fake, context),
      validationFail: ({ validation, request }: Context) => {
        fake.violations.push(`${request.path}: ${JSON.stringify(validation.errors)}`);
        return problem(400, 'Invalid JSON payload received.');
      },
      notFound: ({ request }: Context) => {
        fake.violations.push(`no such call: ${request.method} ${request.path}`);
        return problem(404, 'Not found.');
      },
    },
  });
  await api.init();
  return api;
}

/** Google refuses members that it does not know; its description leaves that unsaid. */
function strict(definition: Document): Document {
  const copy = structuredClone(definition);
  for (const schema of Object.values(copy.components?.schemas ?? {})) {
    Object.assign(schema, { additionalProperties: false });
  }
  return copy;
}

/** A range such as 'My tab'!A2:C2; what it leaves open is undefined. */
interface Range {
  tab: string;
  rows: SheetCell[][];
  left: number;
  top: number;
  bottom: number | undefined;
}

function rangeOf(fake: GoogleSheets, { request }: Context): Range | Answer {
  const { spreadsheetId = '', range = '' } = request.params as Record<string, string>;
  if (decodeURIComponent(spreadsheetId) !== fake.spreadsheetId) {
    return problem(404, 'Requested entity was not found.');
  }
  const text = decodeURIComponent(range);
  const found = /^'((?:[^']|'')*)'!(?:([A-Z]+)(\d*))?(\d+)?(?::([A-Z]*)(\d*))?$/.exec(text);
  const tab = (found?.[1] ?? '').replaceAll("''", "'");
  const rows = fake.tabs.get(tab);
  if (!found || !rows) return problem(400, `Unable to parse range: ${text}`);
  const [, , column = 'A', row = '', wholeRow = '', , lastRow = ''] = found;
  fake.calls.push(`${request.method} ${text}`);
  return {
    tab,
    rows,
    left: columnIndex(column),
    top: Number(row || wholeRow || '1'),
    bottom: lastRow === '' ? undefined : Number(lastRow),
  };
}

function read(fake: GoogleSheets, context: Context): Answer {
  const range = rangeOf(fake, context);
  if ('status' in range) return range;
  if (queryOf(context).valueRenderOption !== 'UNFORMATTED_VALUE') {
    fake.violations.push('values are read as formatted');
  }
  const lines = range.rows.slice(range.top - 1, range.bottom).map((line) => {
    const cells = line.slice(range.left).map((cell) => cell ?? '');
    while (cells.at(-1) === '') cells.pop(); // Google leaves out what is empty at the end
    return cells;
  });
  while (lines.at(-1)?.length === 0) lines.pop();
  return { status: 200, body: { range: 'as asked', ...(lines.length > 0 && { values: lines }) } };
}

function update(fake: GoogleSheets, context: Context): Answer {
  const range = rangeOf(fake, context);
  if ('status' in range) return range;
  const line = lineIn(fake, context);
  while (range.rows.length < range.top) range.rows.push([]);
  write(range.rows[range.top - 1] ?? [], range.left, line);
  const updatedRange = address(range.tab, range.left, range.top, line.length);
  return { status: 200, body: { spreadsheetId: fake.spreadsheetId, updatedRange, updatedRows: 1 } };
}

function append(fake: GoogleSheets, context: Context): Answer {
  const range = rangeOf(fake, context);
  if ('status' in range) return range;
  if (queryOf(context).insertDataOption !== 'INSERT_ROWS') {
    fake.violations.push('rows below the table would be overwritten');
  }
  const line = lineIn(fake, context);
  const row: SheetCell[] = [];
  write(row, range.left, line);
  range.rows.push(row);
  const updatedRange = address(range.tab, range.left, range.rows.length, line.length);
  return {
    status: 200,
    body: { spreadsheetId: fake.spreadsheetId, updates: { updatedRange, updatedRows: 1 } },
  };
}

/** The one line of a writing call, held to what the description says about cells in words. */
function lineIn(fake: GoogleSheets, context: Context): SheetCell[] {
  const { values } = context.request.requestBody as { values: unknown[][] };
  if (queryOf(context).valueInputOption !== 'RAW') fake.violations.push('values are not raw');
  if (values.length !== 1) fake.violations.push('not one line');
  const line = values[0] ?? [];
  const odd = line.some((cell) => typeof cell === 'object' && cell !== null);
  if (odd) fake.violations.push('a cell is no bool, string or double');
  return line as SheetCell[];
}

function queryOf({ request }: Context): Record<string, unknown> {
  return request.query as Record<string, unknown>;
}

function write(row: SheetCell[], left: number, line: SheetCell[]): void {
  for (const [index, cell] of line.entries()) {
    while (row.length <= left + index) row.push('');
    if (cell !== null) row[left + index] = cell; // null leaves a cell as it is
  }
}

function address(tab: string, left: number, row: number, width: number): string {
  const plain = /^\w+$/.test(tab) ? tab : `'${tab.replaceAll("'", "''")}'`;
  return `${plain}!${columnName(left)}${String(row)}:${columnName(left + width - 1)}${String(row)}`;
}

function columnIndex(name: string): number {
  return Array.from(name).reduce((index, letter) => index * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function columnName(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : columnName(Math.floor(index / 26) - 1) + last;
}

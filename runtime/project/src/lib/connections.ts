/** The accounts that a rule's bold names stand for. The hub sends them; alone, the environment. */
import { readFileSync } from 'node:fs';

import { ActionError, codeOf } from './errors.ts';

export interface PostgresConnection {
  service: 'postgres';
  host: string;
  port: number;
  user: string;
  password: string;
  database?: string; // the user's name when absent
  /** 'require' encrypts but trusts any certificate; absent is 'none'. */
  tls?: (typeof POSTGRES_TLS)[number];
}

export interface SmtpConnection {
  service: 'smtp';
  host: string;
  port: number;
  user?: string; // no sign-in when absent
  password?: string;
  from?: string; // the sender's address; the user when absent
  /** 'implicit' is TLS from the first byte; absent: STARTTLS, which a sign-in requires. */
  tls?: (typeof SMTP_TLS)[number];
  allowSelfSigned?: boolean;
}

const POSTGRES_TLS = ['none', 'require', 'verify'] as const;
const SMTP_TLS = ['none', 'starttls', 'implicit'] as const;

/** A Google account, or one spreadsheet that it may write. One of the two secrets is needed. */
export interface GoogleConnection {
  service: 'google';
  serviceAccount?: string; // the JSON key file of a service account, as text
  accessToken?: string; // in its place: a token that somebody else renews
  spreadsheetId?: string; // the sheet that the connection's name stands for
  baseUrl?: string; // https://sheets.googleapis.com when absent
}

export interface SlackConnection {
  service: 'slack';
  token: string; // of a bot: xoxb-…
  baseUrl?: string; // https://slack.com/api/ when absent
}

/** OpenAI, or a server that speaks its protocol. */
export interface OpenaiConnection {
  service: 'openai';
  apiKey: string;
  baseUrl?: string; // https://api.openai.com/v1 when absent
}

export type Connection =
  PostgresConnection | SmtpConnection | GoogleConnection | SlackConnection | OpenaiConnection;

/** What of a connection must not be readable in any record. */
export function secretsOf(connection: Connection): string[] {
  switch (connection.service) {
    case 'google':
      return googleSecrets(connection);
    case 'slack':
      return [connection.token];
    case 'openai':
      return [connection.apiKey];
    default:
      return connection.password === undefined ? [] : [connection.password];
  }
}

/** The key file as a whole and the private key in it, which may be quoted without the rest. */
function googleSecrets({ serviceAccount, accessToken }: GoogleConnection): string[] {
  const secrets = [serviceAccount, accessToken];
  try {
    const key = JSON.parse(serviceAccount ?? '') as { private_key?: unknown } | null;
    if (typeof key?.private_key === 'string') secrets.push(key.private_key);
  } catch {
    // A key that cannot be read is of no use, but stays a secret as a whole.
  }
  return secrets.filter((secret) => secret !== undefined);
}

/** The service of a connection; what a step needs is one of a certain service. */
export type Service = Connection['service'];

/** Finds the connection of that name, which is wanted for that service; throws an ActionError. */
export type FindConnection = (name: string, service: Service) => Connection;

/** The connection of that name and service, or an ActionError that says what to do. */
export function requireConnection<S extends Service>(
  find: FindConnection,
  name: string,
  service: S,
): Extract<Connection, { service: S }> {
  const connection = find(name, service);
  if (connection.service !== service) {
    throw wrong(
      `The connection "${name}" is a ${connection.service} account; this step needs ${service}: ` +
        'name another connection in the rule, or add this one anew.',
    );
  }
  return connection as Extract<Connection, { service: S }>;
}

/** `Office mail` is read from `OFFICE_MAIL_URL`, or `OFFICE_MAIL_` and another ending. */
export function variableOf(name: string, ending = 'URL'): string {
  return `${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_${ending}`;
}

/** Finds connections in a record that has them by name, as the hub sends it. */
export function connectionsIn(record: Record<string, Connection>): FindConnection {
  return (name, service) => {
    const connection = Object.hasOwn(record, name) ? record[name] : undefined;
    if (connection) return connection;
    throw new ActionError(
      'connection_missing',
      `There is no connection named "${name}": add it with msghub connection add ${service}.`,
    );
  };
}

type Environment = Record<string, string | undefined>;

/** Finds connections in environment variables: URLs of servers, keys of the other services. */
export function connectionsFrom(environment: Environment): FindConnection {
  return (name, service) => {
    const isServer = service === 'postgres' || service === 'smtp';
    const variable = variableOf(name, isServer ? 'URL' : 'KEY');
    const value = environment[variable] ?? '';
    if (value === '') {
      throw new ActionError(
        'connection_missing',
        `The connection "${name}" is not set: put ${WANTED[service]} into the environment ` +
          `variable ${variable}.`,
      );
    }
    return isServer
      ? parseConnection(value, variable)
      : keyConnection(service, name, value, environment);
  };
}

const WANTED: Record<Service, string> = {
  postgres: 'its URL, such as postgres://user:password@host:5432/database,',
  smtp: 'its URL, such as smtp://user:password@host:587,',
  google: "the path of a service account's JSON key file, or an access token,",
  slack: "a bot's token, xoxb-…,",
  openai: 'an API key, sk-…,',
};

/** A further variable, NAME_BASE_URL, may lead to another server that speaks the protocol. */
function keyConnection(
  service: 'google' | 'slack' | 'openai',
  name: string,
  key: string,
  environment: Environment,
): Connection {
  const baseUrl = environment[variableOf(name, 'BASE_URL')];
  const server = baseUrl === undefined || baseUrl === '' ? {} : { baseUrl };
  if (service === 'slack') return { service, token: key, ...server };
  if (service === 'openai') return { service, apiKey: key, ...server };
  const spreadsheetId = environment[variableOf(name, 'SPREADSHEET')];
  return {
    service,
    ...googleKey(key, variableOf(name, 'KEY')),
    ...(spreadsheetId !== undefined && { spreadsheetId }),
    ...server,
  };
}

function googleKey(key: string, variable: string): Partial<GoogleConnection> {
  if (!key.endsWith('.json')) return { accessToken: key };
  try {
    return { serviceAccount: readFileSync(key, 'utf8') };
  } catch (error) {
    throw wrong(`The key file that ${variable} names cannot be read: ${codeOf(error)}.`);
  }
}

/**
 * postgres://user:password@host:port/database?tls=none|require|verify
 * smtp://user:password@host:port?from=robot@example.com&tls=none|starttls
 * smtps://… is TLS from the first byte. Errors name the variable, never its value.
 */
function parseConnection(text: string, variable: string): Connection {
  const url = URL.parse(text);
  if (!url || url.hostname === '') throw wrong(`${variable} holds no valid URL.`);
  const account = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    user: decoded(url.username, variable),
    password: decoded(url.password, variable),
  };
  switch (url.protocol) {
    case 'postgres:':
    case 'postgresql:': {
      const database = decoded(url.pathname.slice(1), variable);
      const tls = oneOf(url.searchParams.get('tls') ?? 'none', POSTGRES_TLS, variable);
      const port = Number(url.port || 5432);
      return { service: 'postgres', ...account, port, tls, ...(database !== '' && { database }) };
    }
    case 'smtp:':
    case 'smtps:': {
      const implicit = url.protocol === 'smtps:';
      const from = url.searchParams.get('from');
      const tls = implicit ? 'implicit' : url.searchParams.get('tls');
      return {
        service: 'smtp',
        host: account.host,
        port: Number(url.port || (implicit ? 465 : 587)),
        ...(account.user !== '' && { user: account.user, password: account.password }),
        ...(from !== null && { from }),
        ...(tls !== null && { tls: oneOf(tls, SMTP_TLS, variable) }),
      };
    }
    default:
      throw wrong(`${variable} must begin with postgres://, smtp:// or smtps://.`);
  }
}

function decoded(part: string, variable: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw wrong(`${variable} holds a % that is not followed by two hexadecimal digits.`);
  }
}

function oneOf<T extends string>(value: string, allowed: readonly T[], variable: string): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw wrong(`tls=… in ${variable} must be one of ${allowed.join(', ')}.`);
}

function wrong(message: string): ActionError {
  return new ActionError('connection_wrong', message);
}

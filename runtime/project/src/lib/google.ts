/** Signing in at Google, and what its errors mean. */
import type { JWT, OAuth2Client } from 'google-auth-library';

import type { GoogleConnection } from './connections.ts';
import { ActionError, causesOf } from './errors.ts';
import { isPassing, noAnswer, retryAfter, type GuardedFetch } from './http.ts';
import { cut } from './message.ts';

/** Where the client asks for tokens; a key file may name another place. */
const TOKEN_URL = 'https://oauth2.googleapis.com/token';

export interface Authorized {
  auth: JWT | OAuth2Client;
  email: string; // whom spreadsheets must be shared with; '' when that is not known
}

/** A client that signs its requests; it asks for a token when the first one goes out. */
export async function authorized(
  { serviceAccount, accessToken }: GoogleConnection,
  connection: string,
  scope: string,
  { fetch }: GuardedFetch,
): Promise<Authorized> {
  const { JWT, OAuth2Client } = await import('google-auth-library');
  if (serviceAccount === undefined) {
    if (accessToken === undefined) throw wrong(connection, 'has neither a key nor a token');
    const auth = new OAuth2Client();
    auth.setCredentials({ access_token: accessToken });
    return { auth, email: '' };
  }
  const { client_email: email, private_key: key, token_uri: tokenUri } = keyIn(serviceAccount);
  if (email === undefined || key === undefined) {
    throw wrong(connection, 'holds no key of a service account');
  }
  const fetchImplementation: typeof fetch = (input, init) =>
    fetch(isTokenUrl(input) ? (tokenUri ?? TOKEN_URL) : input, init);
  const auth = new JWT({
    email,
    key,
    scopes: [scope],
    transporterOptions: { fetchImplementation },
  });
  return { auth, email };
}

function isTokenUrl(input: string | URL | Request): boolean {
  return (input instanceof Request ? input.url : String(input)) === TOKEN_URL;
}

interface ServiceAccountKey {
  client_email?: string;
  private_key?: string;
  token_uri?: string;
}

function keyIn(text: string): ServiceAccountKey {
  let key: unknown;
  try {
    key = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof key !== 'object' || key === null) return {};
  const texts = Object.entries(key).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(texts);
}

function wrong(connection: string, what: string): ActionError {
  return new ActionError(
    'connection_wrong',
    `The connection "${connection}" ${what}: add it anew with the JSON key file that Google gives ` +
      'for a service account.',
  );
}

/** The call that failed. */
export interface GoogleCall {
  target: string;
  connection: string;
  email: string;
  tab: string;
  sent: boolean;
  changes: boolean; // false for a call that only reads
}

/** What the client's errors carry when the server has answered. */
interface GoogleFailure {
  response?: {
    status?: number;
    headers?: Headers;
    data?: { error?: { message?: unknown } | string; error_description?: unknown };
  };
}

export function googleError(error: unknown, call: GoogleCall): ActionError {
  if (error instanceof ActionError) return error;
  const failure = causesOf(error).find((cause) => (cause as GoogleFailure).response?.status);
  const { status, headers, data } = (failure as GoogleFailure | undefined)?.response ?? {};
  if (status === undefined) return keyError(error, call) ?? noAnswer(error, call.target, call);
  const problem = data?.error;
  // The token's address answers with a word, the API with an object.
  const isToken = typeof problem === 'string';
  const says = isToken ? `${problem} ${text(data?.error_description)}` : text(problem?.message);
  const recoverable = isPassing(status);
  return new ActionError(
    `http_${String(status)}`,
    `${call.target} answered ${String(status)}: ${cut(says.trim(), 200)}.${advice(status, isToken, says, call)}`,
    {
      recoverable,
      retryAfterMs: recoverable ? retryAfter(headers?.get('retry-after')) : undefined,
    },
  );
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.replace(/\.$/, '') : '';
}

/** A private key that cannot be read fails before any call. */
function keyError(error: unknown, { connection }: GoogleCall): ActionError | undefined {
  const isKey = causesOf(error).some((cause) =>
    /^ERR_OSSL|^ERR_CRYPTO/.test(String((cause as { code?: unknown }).code)),
  );
  return isKey ? wrong(connection, 'holds a private key that cannot be read') : undefined;
}

function advice(
  status: number,
  isToken: boolean,
  says: string,
  { connection, email, tab }: GoogleCall,
): string {
  const whom = email === '' ? `the account of "${connection}"` : email;
  if (status === 401 || (isToken && status < 500)) {
    return ` Google does not accept the credentials of "${connection}": add the connection anew.`;
  }
  if (status === 403) {
    return ` Share the spreadsheet with ${whom} as an editor, and see that the Google Sheets API is enabled in its project.`;
  }
  if (status === 404) return ` There is no such spreadsheet, or it is not shared with ${whom}.`;
  if (status === 400 && says.startsWith('Unable to parse range')) {
    return ` The spreadsheet seems to have no tab "${tab}".`;
  }
  return '';
}

/** What the project's reader makes of a mail, in the form of the hub's golden files. */
import { createHash } from 'node:crypto';

import { messageFromEmail } from '../project/src/lib/incoming.ts';

const EPOCH = '1970-01-01T00:00:00.000Z';

export function toldByProject(mail: Uint8Array): unknown {
  const message = messageFromEmail(mail);
  const { from, to, subject, body, timestamp, receivedAt, headers, attachments } = message;
  const files = attachments?.map(({ filename, contentType, size, content = '' }) => ({
    ...{ filename, contentType, size },
    sha256: createHash('sha256').update(Buffer.from(content, 'base64')).digest('hex'),
  }));
  return {
    from,
    ...(to !== undefined && { to }),
    ...(subject !== undefined && { subject }),
    body,
    timestamp: timestamp === receivedAt ? EPOCH : timestamp, // a date that is none
    ...(files && { attachments: files }),
    headers,
  };
}

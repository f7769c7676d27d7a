/** How the AWS services word an error: JSON, S3's XML or the query protocol's XML. */
import { randomUUID } from 'node:crypto';

import type { Received, Reply } from './relay.ts';

export type Service = 'dynamodb' | 'kms' | 'monitoring' | 's3' | 'sts';

const SERVICES: readonly string[] = ['dynamodb', 'kms', 'monitoring', 's3', 'sts'];

export function isService(name: string): name is Service {
  return SERVICES.includes(name);
}

/** The service that a request is meant for: by its credential scope, else by its target. */
export function serviceOf(request: Received): Service {
  const credential =
    /Credential=([^,\s]+)/.exec(request.headers.get('authorization') ?? '')?.[1] ??
    new URLSearchParams(request.target.split('?')[1]).get('X-Amz-Credential');
  const named = credential?.split('/').at(-2) ?? '';
  if (isService(named)) return named;
  const target = request.headers.get('x-amz-target') ?? '';
  if (target.startsWith('DynamoDB')) return 'dynamodb';
  return target.startsWith('TrentService') ? 'kms' : 's3';
}

export interface AwsError {
  status: number;
  code: string;
  message: string;
  details?: Record<string, string>; // further elements of S3's answer
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function elements(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`)
    .join('');
}

export function errorReply(service: Service, error: AwsError): Reply {
  const { status, code, message, details = {} } = error;
  const requestId = randomUUID();
  const answer = (type: string, text: string): Reply => ({
    status,
    rawHeaders: ['content-type', type, 'x-amzn-requestid', requestId],
    body: Buffer.from(text),
  });
  const xml = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (service === 's3') {
    const inside = elements({ Code: code, Message: message, ...details, RequestId: requestId });
    return answer('application/xml', `${xml}<Error>${inside}</Error>`);
  }
  if (service === 'sts' || service === 'monitoring') {
    const inside = elements({ Type: 'Sender', Code: code, Message: message });
    return answer(
      'text/xml',
      `${xml}<ErrorResponse><Error>${inside}</Error>${elements({ RequestId: requestId })}</ErrorResponse>`,
    );
  }
  const version = service === 'dynamodb' ? '1.0' : '1.1';
  return answer(
    `application/x-amz-json-${version}`,
    JSON.stringify({ __type: qualified(service, code), message }),
  );
}

/** DynamoDB names errors with a prefix that clients have to cut off; KMS does not. */
function qualified(service: Service, code: string): string {
  if (service !== 'dynamodb') return code;
  const isCommon = /Signature|Token|Client|Authentication|AccessDenied/.test(code);
  return isCommon ? `com.amazon.coral.service#${code}` : `com.amazonaws.dynamodb.v20120810#${code}`;
}

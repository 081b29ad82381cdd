// Calls the AWS API of this server, as every other client does.

import { amzDate, scopeOf } from './signer.js';

const CONTENT_TYPE = 'application/x-amz-json-1.1';
const WITHIN_MS = 60_000;

/** A refusal, in the words of the server. */
export class ApiError extends Error {
  constructor(type, message) {
    super(message);
    this.type = type;
  }

  /** Whether another key, or any, could help. */
  get needsKey() {
    return [
      'MissingAuthenticationTokenException',
      'UnrecognizedClientException',
      'InvalidSignatureException',
      'IncompleteSignature',
    ].includes(this.type);
  }
}

async function refusal(response) {
  const text = await response.text();
  try {
    const body = JSON.parse(text);
    return new ApiError(body.__type ?? `HTTP ${response.status}`, body.message ?? text);
  } catch {
    return new ApiError(`HTTP ${response.status}`, text.slice(0, 200));
  }
}

export class Api {
  /** A Signer, or null while there is no key. */
  signer = null;

  /** Without a key, the header names the region only; a server that verifies signatures refuses it. */
  async #headers(method, path, given, body, region) {
    const headers = { ...given, 'x-amz-date': amzDate(new Date()) };
    if (!this.signer) {
      const scope = scopeOf(headers['x-amz-date'], region);
      return given['x-amz-target']
        ? { ...headers, authorization: `AWS4-HMAC-SHA256 Credential=console/${scope}` }
        : given;
    }
    const signed = { ...headers, host: location.host };
    return {
      ...headers,
      authorization: await this.signer.authorization(method, path, signed, body, region),
    };
  }

  /** Calls an operation, and returns its answer. */
  async call(operation, request, region) {
    const body = JSON.stringify(request);
    const given = { 'content-type': CONTENT_TYPE, 'x-amz-target': `AmazonMemoryDB.${operation}` };
    const response = await fetch('/', {
      method: 'POST',
      headers: await this.#headers('POST', '/', given, body, region),
      body,
      cache: 'no-store',
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    if (!response.ok) throw await refusal(response);
    return response.json();
  }

  /** Calls an operation that returns pages, and returns the items of the first pages. */
  async list(operation, request, member, region, pagesMax = 5) {
    const items = [];
    let token;
    for (let page = 0; page < pagesMax; page++) {
      const answer = await this.call(operation, token ? { ...request, NextToken: token } : request, region);
      items.push(...(answer[member] ?? []));
      token = answer.NextToken;
      if (!token) return { items, isWhole: true };
    }
    return { items, isWhole: false };
  }

  /** Opens the stream of live values. */
  async stream(signal) {
    const path = '/_keepsake/stream';
    const response = await fetch(path, {
      headers: await this.#headers('GET', path, {}, '', 'us-east-1'),
      cache: 'no-store',
      signal,
    });
    if (!response.ok) throw await refusal(response);
    return response.body;
  }
}

// Signs requests with AWS's signature of version 4, by the browser's own cryptography.

const ALGORITHM = 'AWS4-HMAC-SHA256';
const utf8 = new TextEncoder();

const hex = (buffer) =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');

const importKey = (bytes) =>
  crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);

const hmac = (key, text) => crypto.subtle.sign('HMAC', key, utf8.encode(text));

const sha256 = async (text) => hex(await crypto.subtle.digest('SHA-256', utf8.encode(text)));

/** A time as in X-Amz-Date. */
export const amzDate = (time) => time.toISOString().replace(/[-:]|\.\d{3}/g, '');

/** The scope of a signature. */
export const scopeOf = (date, region) => `${date.slice(0, 8)}/${region}/memorydb/aws4_request`;

/** Whether this page may use the browser's cryptography: over TLS, or from this machine. */
export const canSign = () => globalThis.crypto?.subtle !== undefined;

/** A key in memory. The secret itself cannot be read from it. */
export class Signer {
  #id;
  #key;

  constructor(id, key) {
    this.#id = id;
    this.#key = key;
  }

  static async of(id, secret) {
    return new Signer(id, await importKey(utf8.encode(`AWS4${secret}`)));
  }

  /**
   * The Authorization header of a request without a query.
   *
   * @param headers the signed headers, with names in lower case; they include host and x-amz-date
   */
  async authorization(method, path, headers, body, region) {
    const date = headers['x-amz-date'];
    const scope = scopeOf(date, region);
    const names = Object.keys(headers).sort();
    const lines = names.map((name) => `${name}:${headers[name].trim().replace(/ +/g, ' ')}\n`);
    const request = [method, path, '', lines.join(''), names.join(';'), await sha256(body)].join('\n');
    const text = [ALGORITHM, date, scope, await sha256(request)].join('\n');
    let key = this.#key;
    for (const part of scope.split('/')) key = await importKey(await hmac(key, part));
    const signature = hex(await hmac(key, text));
    return `${ALGORITHM} Credential=${this.#id}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  }
}

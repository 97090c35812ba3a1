/** API tokens: shown once, kept as a SHA-256 hash only, expiring, scoped by grants. */
import { firstRow, type Sql } from '../store/sql.ts';
import type { Grant, User } from './user.ts';

export interface TokenInfo {
  /** Names the token in lists and in the audit log; not secret. */
  id: string;
  user: string;
  grants: Grant[];
  /** RFC 3339 */
  expires: string;
  created: string;
}

const SCHEMA = [
  `CREATE TABLE IF NOT EXISTS tokens (
  id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, user TEXT NOT NULL, grants TEXT NOT NULL, expires INTEGER NOT NULL, created INTEGER NOT NULL)`,
  'CREATE TABLE IF NOT EXISTS bootstrapped (hash TEXT PRIMARY KEY)',
];

/** 256 random bits: no need for a slow hash, nobody guesses them. */
const TOKEN_BYTES = 32;
export const TOKEN_PREFIX = 'bsp_';

export class Tokens {
  private readonly sql: Sql;

  constructor(sql: Sql) {
    this.sql = sql;
    for (const statement of SCHEMA) sql.exec(statement);
  }

  /** Makes a token that works until `expires` (ms). The returned secret is nowhere kept. */
  async issue(user: string, grants: Grant[], expires: number): Promise<{ secret: string; info: TokenInfo }> {
    const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
    const secret = TOKEN_PREFIX + hex(bytes);
    return { secret, info: await this.adopt(secret, user, grants, expires) };
  }

  /** Takes in a secret that was made elsewhere. */
  async adopt(secret: string, user: string, grants: Grant[], expires: number): Promise<TokenInfo> {
    const info = { id: crypto.randomUUID().slice(0, 8), user, grants, created: Date.now(), expires };
    const hash = await sha256(secret);
    this.sql.exec('DELETE FROM tokens WHERE hash = ?', hash);
    this.sql.exec(
      'INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?)',
      info.id,
      hash,
      user,
      JSON.stringify(grants),
      expires,
      info.created,
    );
    return { ...info, created: iso(info.created), expires: iso(expires) };
  }

  /** The first admin's token, at the first start only: one that was revoked must not come back with the next start. */
  async bootstrap(secret: string, expires: number): Promise<void> {
    const hash = await sha256(secret);
    if (firstRow(this.sql.exec('SELECT 1 AS found FROM bootstrapped WHERE hash = ?', hash))) return;
    this.sql.exec('INSERT INTO bootstrapped VALUES (?)', hash);
    await this.adopt(secret, 'admin', [{ role: 'admin', namespace: '*' }], expires);
  }

  /** The user behind a live token, or undefined. */
  async verify(secret: string, now = Date.now()): Promise<User | undefined> {
    const row = firstRow(
      this.sql.exec('SELECT * FROM tokens WHERE hash = ? AND expires > ?', await sha256(secret), now),
    );
    return (
      row && { name: String(row.user), groups: [`token:${row.id}`], grants: JSON.parse(String(row.grants)) as Grant[] }
    );
  }

  list(): TokenInfo[] {
    return [...this.sql.exec('SELECT * FROM tokens ORDER BY created, id')].map((row) => ({
      id: String(row.id),
      user: String(row.user),
      grants: JSON.parse(String(row.grants)) as Grant[],
      created: iso(Number(row.created)),
      expires: iso(Number(row.expires)),
    }));
  }

  revoke(id: string): boolean {
    return [...this.sql.exec('DELETE FROM tokens WHERE id = ? RETURNING id', id)].length > 0;
  }
}

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const iso = (ms: number) => new Date(ms).toISOString();

async function sha256(text: string): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}

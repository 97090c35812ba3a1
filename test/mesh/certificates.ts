/** A small certificate authority for tests: keys are made anew each time and live in a temporary folder only. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class Authority {
  private readonly folder: string;
  private readonly name: string;

  constructor(folder: string, name: string) {
    this.folder = folder;
    this.name = name;
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', this.file('key')];
    run(['req', '-x509', ...key, '-out', this.file('crt'), '-days', '2', '-subj', `/CN=${name}`]);
  }

  /** PEM file of the authority's own certificate. */
  get certificate(): string {
    return this.file('crt');
  }

  /** Writes `<to>.crt` and `<to>.key`, a certificate with one subject alternative name: `URI:spiffe://…`, `DNS:…`. */
  issue(to: string, subjectAltName: string): { certificate: string; key: string } {
    const [certificate, key, request, extension] = ['crt', 'key', 'csr', 'ext'].map((ending) => `${to}.${ending}`) as [
      string,
      string,
      string,
      string,
    ];
    run([
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      key,
      '-out',
      request,
      '-subj',
      '/',
    ]);
    writeFileSync(extension, `subjectAltName = critical, ${subjectAltName}\n`);
    run([
      'x509',
      '-req',
      '-in',
      request,
      '-CA',
      this.file('crt'),
      '-CAkey',
      this.file('key'),
      '-CAcreateserial',
      '-out',
      certificate,
      '-days',
      '2',
      '-extfile',
      extension,
    ]);
    return { certificate, key };
  }

  private file(ending: string): string {
    return join(this.folder, `${this.name}.${ending}`);
  }
}

function run(args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'ignore'] });
}

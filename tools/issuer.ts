/** An issuer to try tokens with: keys at /jwks.json, tokens at /token?iss=…&sub=…&groups=a,b. node tools/issuer.ts [port] */
import { startIssuer } from '../test/support/issuer.ts';

const port = Number(process.argv[2] ?? 8090);
await startIssuer('RS256', port);
console.log(`keys at http://127.0.0.1:${port}/jwks.json, tokens at http://127.0.0.1:${port}/token?iss=…&sub=…`);

/** What can come of a token: Envoy's jwt_authn statuses that a gateway can meet, with the texts clients see (captured). */
import type { Exchange, LocalReply } from '../exchange.ts';

export const STATUS_TEXTS = {
  Ok: 'OK',
  JwtMissed: 'Jwt is missing',
  JwtNotYetValid: 'Jwt not yet valid',
  JwtExpired: 'Jwt is expired',
  JwtBadFormat: 'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections',
  JwtHeaderBadBase64: 'Jwt header is an invalid Base64url encoded',
  JwtHeaderBadJson: 'Jwt header is an invalid JSON',
  JwtHeaderBadAlg: 'Jwt header [alg] field is required and must be a string',
  JwtHeaderUnknownAlg: 'Jwt header [alg] is not supported',
  JwtHeaderBadKid: 'Jwt header [kid] field is not a string',
  JwtPayloadBadBase64: 'Jwt payload is an invalid Base64url encoded',
  JwtPayloadBadJson: 'Jwt payload is an invalid JSON',
  JwtIssNotString: 'Jwt payload [iss] field is not a string',
  JwtSubNotString: 'Jwt payload [sub] field is not a string',
  JwtJtiNotString: 'Jwt payload [jti] field is not a string',
  JwtAudNotString: 'Jwt payload [aud] field is not a string or string list',
  JwtIatNotInteger: 'Jwt payload [iat] field is not an integer',
  JwtIatOutOfRange: 'Jwt payload [iat] field is not a positive 64 bit integer',
  JwtNbfNotInteger: 'Jwt payload [nbf] field is not an integer',
  JwtNbfOutOfRange: 'Jwt payload [nbf] field is not a positive 64 bit integer',
  JwtExpNotInteger: 'Jwt payload [exp] field is not an integer',
  JwtExpOutOfRange: 'Jwt payload [exp] field is not a positive 64 bit integer',
  JwtSignatureBadBase64: 'Jwt signature is an invalid Base64url encoded',
  JwtEd25519SignatureWrongLength: 'Jwt ED25519 signature is wrong length',
  JwtUnknownIssuer: 'Jwt issuer is not configured',
  JwtAudienceNotAllowed: 'Audiences in Jwt are not allowed',
  JwtVerificationFail: 'Jwt verification fails',
  JwksNoValidKeys: "Jwks doesn't have any valid public key",
  JwksKidAlgMismatch: "Jwks doesn't have key to match kid or alg from Jwt",
} as const;

export type Status = keyof typeof STATUS_TEXTS;

/** As much of the path as Envoy writes into www-authenticate. */
const MAX_REALM_PATH = 256;

/**
 * The refusal of a request whose token did not pass: 403 for a wrong audience, 401 for everything else (captured).
 * `uri` is the URL as the client sent it, for the realm.
 */
export function refusal(status: Status, exchange: Pick<Exchange, 'scheme' | 'authority'>, path: string): LocalReply {
  const realm = `${exchange.scheme}://${exchange.authority}${path.slice(0, MAX_REALM_PATH)}`;
  return {
    status: status === 'JwtAudienceNotAllowed' ? 403 : 401,
    body: STATUS_TEXTS[status],
    contentType: 'text/plain',
    headers: [['www-authenticate', `Bearer realm="${realm}", error="invalid_token"`]],
    details: `jwt_authn_access_denied{${STATUS_TEXTS[status].replaceAll(' ', '_')}}`,
  };
}

/** What is sealed into the two cookies, and what a token must say to become a session. */
import { Json, JsonKind, decodeUtf8, now } from "bowsprit-sdk";
import { fromBase64 } from "../../lib/assembly/text";
import { Settings } from "./settings";

const NANOSECONDS: i64 = 1000000000;
/** How long somebody may take to log in at the provider. */
export const LOGIN_SECONDS: i64 = 600;

export function seconds(): i64 {
  return now() / NANOSECONDS;
}

/** The claims that become headers, and the end of the session. */
export function sessionOf(settings: Settings, payload: Json): string {
  const session = Json.object();
  const names = settings.claims.keys();
  for (let i = 0; i < names.length; i++) {
    const claim = payload.get(names[i]);
    if (claim !== null && claim.kind == JsonKind.String) session.set(names[i], claim);
  }
  return session.set("until", Json.number(<f64>(seconds() + settings.sessionSeconds))).toString();
}

/** An opened cookie that has not ended yet, or null. */
export function live(text: string | null): Json | null {
  const json = text !== null ? Json.parse(text) : null;
  return json !== null && <i64>json.getNumber("until") > seconds() ? json : null;
}

/**
 * The payload of an id_token that came straight from the token endpoint over TLS, so its signature need not be checked again
 * (OpenID Connect Core 3.1.3.7, 6.): issuer, audience, time and nonce must be ours.
 */
export function accepted(settings: Settings, token: string, nonce: string): Json | null {
  const parts = token.split(".");
  const bytes = parts.length == 3 ? fromBase64(parts[1]) : null;
  const payload = bytes !== null ? Json.parse(decodeUtf8(bytes)) : null;
  if (payload === null) return null;
  const isOurs = payload.getString("iss") == settings.issuer && isFor(payload.get("aud"), settings.clientId);
  return isOurs && payload.getString("nonce") == nonce && <i64>payload.getNumber("exp") > seconds() ? payload : null;
}

function isFor(audience: Json | null, clientId: string): bool {
  if (audience === null) return false;
  if (audience.asString() == clientId) return true;
  for (let i = 0; i < audience.length; i++) if (audience.at(i)!.asString() == clientId) return true;
  return false;
}

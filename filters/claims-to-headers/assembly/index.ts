/**
 * Claims of a token as headers. The token is not verified here: run this filter behind a RequestAuthentication with
 * forwardOriginalToken, in a later phase than AUTHN, so that only verified tokens get this far.
 */
import { Action, Configuration, HttpFilter, Json, JsonKind, Plugin, RequestHeaders, decodeUtf8 } from "bowsprit-sdk";
import { fromBase64 } from "../../lib/assembly/text";

export class ClaimsToHeaders extends Plugin {
  header: string = "authorization";
  prefix: string = "Bearer ";
  /** Claim (dots go down) → header. */
  claims: Json = Json.object();
  separator: string = ",";

  onConfigure(configuration: Configuration): bool {
    const json = configuration.json();
    if (json === null) return false;
    const claims = json.get("claims");
    if (claims === null || claims.length == 0) return false;
    for (let i = 0; i < claims.length; i++) if (claims.at(i)!.asString() === null) return false;
    this.claims = claims;
    this.header = json.getString("header", this.header);
    this.prefix = json.getString("prefix", this.prefix);
    this.separator = json.getString("separator", this.separator);
    return true;
  }

  createFilter(): HttpFilter {
    return new ClaimsToHeadersRequest(this);
  }
}

class ClaimsToHeadersRequest extends HttpFilter {
  constructor(private plugin: ClaimsToHeaders) {
    super();
  }

  onRequestHeaders(request: RequestHeaders): Action {
    const claims = this.plugin.claims;
    const names = claims.keys();
    const payload = payloadOf(request.get(this.plugin.header), this.plugin.prefix);
    for (let i = 0; i < names.length; i++) {
      const header = claims.getString(names[i]);
      // Always removed first: nobody brings claims of his own.
      request.remove(header);
      const text = payload !== null ? textOf(claimAt(payload, names[i]), this.plugin.separator) : null;
      if (text !== null) request.set(header, text);
    }
    return Action.Continue;
  }
}

function payloadOf(value: string | null, prefix: string): Json | null {
  if (value === null || !value.startsWith(prefix)) return null;
  const parts = value.substring(prefix.length).split(".");
  if (parts.length != 3) return null;
  const bytes = fromBase64(parts[1]);
  return bytes !== null ? Json.parse(decodeUtf8(bytes)) : null;
}

/** A claim of that very name goes before a path of the same spelling. */
function claimAt(payload: Json, name: string): Json | null {
  const direct = payload.get(name);
  if (direct !== null) return direct;
  let at: Json | null = payload;
  const parts = name.split(".");
  for (let i = 0; i < parts.length && at !== null; i++) at = at.get(parts[i]);
  return at;
}

/** Lists are joined; what is left of line breaks would end the header, so such a claim is left out. */
function textOf(claim: Json | null, separator: string): string | null {
  if (claim === null || claim.isNull) return null;
  let text = claim.toString();
  if (claim.kind == JsonKind.String) text = claim.asString()!;
  if (claim.kind == JsonKind.Array) {
    const parts = new Array<string>();
    for (let i = 0; i < claim.length; i++) {
      const part = textOf(claim.at(i), separator);
      if (part !== null) parts.push(part);
    }
    text = parts.join(separator);
  }
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20) return null;
  return text;
}

/** HTTP basic authentication (RFC 7617) against salted hashes; passwords stand nowhere. */
import { Action, Configuration, Header, HttpFilter, Json, Plugin, RequestHeaders, decodeUtf8, encodeUtf8 } from "bowsprit-sdk";
import { sameBytes, sha256 } from "../../lib/assembly/sha256";
import { fromBase64, toHex } from "../../lib/assembly/text";

export class BasicAuth extends Plugin {
  realm: string = "restricted";
  users: Json = Json.object();
  userHeader: string = "x-user";

  onConfigure(configuration: Configuration): bool {
    const json = configuration.json();
    if (json === null) return false;
    const users = json.get("users");
    if (users === null || users.length == 0) return false;
    for (let i = 0; i < users.length; i++) if (!isHash(users.at(i))) return false;
    this.users = users;
    this.realm = json.getString("realm", this.realm).replaceAll('"', "");
    this.userHeader = json.getString("userHeader", this.userHeader);
    return true;
  }

  /** The user's name, or null. An unknown user costs as much time as a wrong password. */
  verify(credentials: string): string | null {
    const colon = credentials.indexOf(":");
    if (colon < 0) return null;
    const name = credentials.substring(0, colon);
    const stored = this.users.getString(name, NOBODY);
    const parts = stored.split(":");
    const hash = toHex(sha256(encodeUtf8(parts[1] + credentials.substring(colon + 1))));
    const matches = sameBytes(encodeUtf8(hash), encodeUtf8(parts[2]));
    return matches && stored != NOBODY ? name : null;
  }

  createFilter(): HttpFilter {
    return new BasicAuthRequest(this);
  }
}

const NOBODY = "sha256::0000000000000000000000000000000000000000000000000000000000000000";

/** `sha256:<salt>:<hex of SHA-256(salt + password)>` */
function isHash(json: Json | null): bool {
  const text = json !== null ? json.asString() : null;
  if (text === null) return false;
  const parts = text.split(":");
  return parts.length == 3 && parts[0] == "sha256" && parts[1] != "" && parts[2].length == 64;
}

class BasicAuthRequest extends HttpFilter {
  constructor(private plugin: BasicAuth) {
    super();
  }

  onRequestHeaders(request: RequestHeaders): Action {
    const name = this.user(request.get("authorization"));
    if (name === null) {
      const challenge = 'Basic realm="' + this.plugin.realm + '", charset="UTF-8"';
      return request.reply(401, "Unauthorized", [new Header("www-authenticate", challenge)], "basic_auth");
    }
    request.remove("authorization");
    request.set(this.plugin.userHeader, name);
    return Action.Continue;
  }

  private user(header: string | null): string | null {
    if (header === null || header.length < 6 || header.substring(0, 6).toLowerCase() != "basic ") return null;
    const bytes = fromBase64(header.substring(6).trim());
    return bytes !== null ? this.plugin.verify(decodeUtf8(bytes)) : null;
  }
}

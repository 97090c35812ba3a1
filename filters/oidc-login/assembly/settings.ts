/** What an OIDC login needs to know of the provider and of the application. */
import { Configuration, Json } from "bowsprit-sdk";
import { Seal } from "../../lib/assembly/seal";
import { fromBase64 } from "../../lib/assembly/text";

const A_DAY: f64 = 86400;

export class Settings {
  issuer: string = "";
  authorizationEndpoint: string = "";
  /** A cluster that the configuration knows, and the host and path of the provider's token endpoint. */
  tokenCluster: string = "";
  tokenAuthority: string = "";
  tokenPath: string = "/token";
  clientId: string = "";
  clientSecret: string = "";
  scopes: string = "openid email profile";
  callbackPath: string = "/oauth2/callback";
  logoutPath: string = "/oauth2/logout";
  cookieName: string = "bowsprit-session";
  /** Prefixes that need no login. */
  openPaths: string[] = [];
  /** Claim → header. */
  claims: Json = Json.object();
  sessionSeconds: i64 = 86400;
  seal: Seal = new Seal(new Uint8Array(32));

  /** null when something needed is missing, or the cookie secret is shorter than 32 bytes. */
  static read(configuration: Configuration): Settings | null {
    const json = configuration.json();
    if (json === null) return null;
    const settings = new Settings();
    settings.issuer = json.getString("issuer");
    settings.authorizationEndpoint = json.getString("authorizationEndpoint");
    settings.tokenCluster = json.getString("tokenCluster");
    settings.tokenAuthority = json.getString("tokenAuthority");
    settings.tokenPath = json.getString("tokenPath", settings.tokenPath);
    settings.clientId = json.getString("clientId");
    settings.clientSecret = json.getString("clientSecret");
    settings.scopes = json.getString("scopes", settings.scopes);
    settings.callbackPath = json.getString("callbackPath", settings.callbackPath);
    settings.logoutPath = json.getString("logoutPath", settings.logoutPath);
    settings.cookieName = json.getString("cookieName", settings.cookieName);
    settings.openPaths = json.getStrings("openPaths");
    settings.sessionSeconds = <i64>json.getNumber("sessionSeconds", A_DAY);
    const claims = json.get("claims");
    settings.claims = claims !== null ? claims : Json.object().set("sub", Json.string("x-user")).set("email", Json.string("x-email"));
    const secret = fromBase64(json.getString("cookieSecret"));
    if (secret === null || secret.length < 32 || !settings.isComplete()) return null;
    settings.seal = new Seal(secret);
    return settings;
  }

  private isComplete(): bool {
    return this.issuer != "" && this.authorizationEndpoint != "" && this.tokenCluster != "" && this.tokenAuthority != "" && this.clientId != "";
  }
}

/** Login with OpenID Connect: authorization code flow with PKCE (RFC 7636), the session in an encrypted cookie. */
import { Action, CallResponse, Configuration, Header, HttpCall, HttpFilter, Json, Plugin, RequestHeaders, encodeUtf8 } from "bowsprit-sdk";
import { sha256 } from "../../lib/assembly/sha256";
import { cookie, pathOf, percentEncode, queryOf, queryParameter, toBase64Url } from "../../lib/assembly/text";
import { accepted, live, LOGIN_SECONDS, seconds, sessionOf } from "./session";
import { Settings } from "./settings";

const SESSION = "session";
const LOGIN = "login";
const ATTRIBUTES = "; Path=/; HttpOnly; SameSite=Lax";

export class OidcLogin extends Plugin {
  settings: Settings = new Settings();

  onConfigure(configuration: Configuration): bool {
    const settings = Settings.read(configuration);
    if (settings === null) return false;
    this.settings = settings;
    return true;
  }

  createFilter(): HttpFilter {
    return new OidcLoginRequest(this.settings);
  }
}

class OidcLoginRequest extends HttpFilter {
  /** Of the login that is coming back: what was sealed when it began. */
  private login: Json = Json.object();
  private isSecure: bool = false;

  constructor(private settings: Settings) {
    super();
  }

  onRequestHeaders(request: RequestHeaders): Action {
    const settings = this.settings;
    const path = pathOf(request.path);
    const forwarded = request.get("x-forwarded-proto");
    this.isSecure = (forwarded === null ? request.scheme : forwarded) == "https";
    this.removeClaims(request);
    if (path == settings.logoutPath) return this.redirect(request, "/", [this.cookieLine(SESSION, "", 0)]);
    if (path == settings.callbackPath) return this.finish(request);
    for (let i = 0; i < settings.openPaths.length; i++) if (path.startsWith(settings.openPaths[i])) return Action.Continue;
    const session = live(this.opened(request, SESSION));
    if (session === null) return this.begin(request);
    this.setClaims(request, session);
    return Action.Continue;
  }

  /** Nobody brings claims of his own. */
  private removeClaims(request: RequestHeaders): void {
    const names = this.settings.claims.keys();
    for (let i = 0; i < names.length; i++) request.remove(this.settings.claims.getString(names[i]));
  }

  private setClaims(request: RequestHeaders, session: Json): void {
    const names = this.settings.claims.keys();
    for (let i = 0; i < names.length; i++) {
      const value = session.getString(names[i]);
      if (value != "") request.set(this.settings.claims.getString(names[i]), value);
    }
  }

  /** A page is sent to the provider; a program is told 401, because it could not follow. */
  private begin(request: RequestHeaders): Action {
    const accept = request.get("accept");
    if (request.method != "GET" || (accept !== null && !accept.includes("html") && accept != "*/*")) {
      return request.reply(401, "login required\n", [], "oidc_login_required");
    }
    const settings = this.settings;
    const state = this.token(request);
    const verifier = this.token(request);
    const nonce = this.token(request);
    const login = Json.object().set("state", Json.string(state)).set("verifier", Json.string(verifier)).set("nonce", Json.string(nonce));
    login.set("url", Json.string(ownPath(request.path))).set("until", Json.number(<f64>(seconds() + LOGIN_SECONDS)));
    const sealed = settings.seal.close(LOGIN, login.toString(), salt(request));
    const query = "response_type=code&client_id=" + percentEncode(settings.clientId) +
      "&redirect_uri=" + percentEncode(this.callback(request)) + "&scope=" + percentEncode(settings.scopes) +
      "&state=" + state + "&nonce=" + nonce +
      "&code_challenge_method=S256&code_challenge=" + toBase64Url(sha256(encodeUtf8(verifier)));
    const joint = settings.authorizationEndpoint.includes("?") ? "&" : "?";
    return this.redirect(request, settings.authorizationEndpoint + joint + query, [this.cookieLine(LOGIN, sealed, LOGIN_SECONDS)]);
  }

  /** The provider sent the browser back: the code is exchanged for a token. */
  private finish(request: RequestHeaders): Action {
    const settings = this.settings;
    const query = queryOf(request.path);
    const login = live(this.opened(request, LOGIN));
    const code = queryParameter(query, "code");
    const state = queryParameter(query, "state");
    if (login === null || code === null || state === null || state != login.getString("state")) {
      return request.reply(400, "this login has ended or was not begun here; please start again\n", [], "oidc_state");
    }
    this.login = login;
    const call = new HttpCall(settings.tokenCluster, "POST", settings.tokenPath, settings.tokenAuthority);
    call.header("content-type", "application/x-www-form-urlencoded");
    call.text("grant_type=authorization_code&code=" + percentEncode(code) + "&redirect_uri=" + percentEncode(this.callback(request)) +
      "&client_id=" + percentEncode(settings.clientId) + "&code_verifier=" + login.getString("verifier") +
      (settings.clientSecret == "" ? "" : "&client_secret=" + percentEncode(settings.clientSecret)));
    call.timeoutMs = 5000;
    return this.send(call) == 0 ? Action.Pause : request.reply(503, "the login provider cannot be reached\n", [], "oidc_provider");
  }

  onCallResponse(answer: CallResponse): void {
    const json = answer.status == 200 ? Json.parse(answer.text()) : null;
    const payload = json !== null ? accepted(this.settings, json.getString("id_token"), this.login.getString("nonce")) : null;
    if (payload === null) {
      this.reply(502, "the login provider's answer was not accepted\n", [], "oidc_token");
      return;
    }
    const sealed = this.settings.seal.close(SESSION, sessionOf(this.settings, payload), this.login.getString("state"));
    const headers = [new Header("location", this.login.getString("url", "/"))];
    headers.push(this.cookieLine(SESSION, sealed, this.settings.sessionSeconds));
    headers.push(this.cookieLine(LOGIN, "", 0));
    this.reply(302, "", headers, "oidc_logged_in");
  }

  private redirect(request: RequestHeaders, location: string, cookies: Header[]): Action {
    return request.reply(302, "", [new Header("location", location), new Header("cache-control", "no-store")].concat(cookies), "oidc_redirect");
  }

  private callback(request: RequestHeaders): string {
    return (this.isSecure ? "https://" : "http://") + request.authority + this.settings.callbackPath;
  }

  private opened(request: RequestHeaders, purpose: string): string | null {
    const sealed = cookie(request.get("cookie"), this.cookieName(purpose));
    return sealed !== null ? this.settings.seal.open(purpose, sealed) : null;
  }

  private cookieName(purpose: string): string {
    return purpose == SESSION ? this.settings.cookieName : this.settings.cookieName + "-" + purpose;
  }

  private cookieLine(purpose: string, value: string, maxAge: i64): Header {
    const secure = this.isSecure ? "; Secure" : "";
    return new Header("set-cookie", this.cookieName(purpose) + "=" + value + ATTRIBUTES + "; Max-Age=" + maxAge.toString() + secure);
  }

  private token(request: RequestHeaders): string {
    return toBase64Url(this.settings.seal.random(salt(request)));
  }
}

/** `//host/…` would lead a browser elsewhere after the login. */
function ownPath(path: string): string {
  return path.startsWith("//") || path.startsWith("/\\") ? "/" : path;
}

function salt(request: RequestHeaders): string {
  const id = request.get("x-request-id");
  return (id === null ? "" : id) + " " + seconds().toString();
}

/** Who may come in by address: deny goes before allow, and an allow list keeps everybody else out. */
import { Action, Configuration, HttpFilter, Plugin, RequestHeaders, source } from "bowsprit-sdk";
import { Cidr, parseAddress, withoutPort } from "../../lib/assembly/cidr";

export class IpList extends Plugin {
  allow: Cidr[] = [];
  deny: Cidr[] = [];
  trustedHeader: string = "";
  status: u32 = 403;
  body: string = "Forbidden";

  onConfigure(configuration: Configuration): bool {
    const json = configuration.json();
    if (json === null) return false;
    this.trustedHeader = json.getString("addressHeader", "x-envoy-external-address");
    this.status = <u32>json.getNumber("status", 403);
    this.body = json.getString("body", this.body);
    return parseAll(json.getStrings("allow"), this.allow) && parseAll(json.getStrings("deny"), this.deny);
  }

  /** An address that cannot be read is on no list. */
  admits(address: Uint8Array | null): bool {
    if (address === null) return this.allow.length == 0;
    if (isIn(address, this.deny)) return false;
    return this.allow.length == 0 || isIn(address, this.allow);
  }

  createFilter(): HttpFilter {
    return new IpListRequest(this);
  }
}

function parseAll(texts: string[], into: Cidr[]): bool {
  for (let i = 0; i < texts.length; i++) {
    const block = Cidr.parse(texts[i]);
    if (block === null) return false;
    into.push(block);
  }
  return true;
}

function isIn(address: Uint8Array, blocks: Cidr[]): bool {
  for (let i = 0; i < blocks.length; i++) if (blocks[i].contains(address)) return true;
  return false;
}

class IpListRequest extends HttpFilter {
  constructor(private plugin: IpList) {
    super();
  }

  onRequestHeaders(request: RequestHeaders): Action {
    const plugin = this.plugin;
    if (plugin.admits(clientAddress(request, plugin.trustedHeader))) return Action.Continue;
    return request.reply(plugin.status, plugin.body, [], "ip_denied");
  }
}

/** The gateway writes the header itself, from the proxies it trusts; without it the peer of the connection counts. */
function clientAddress(request: RequestHeaders, header: string): Uint8Array | null {
  if (header != "") {
    const written = request.get(header);
    if (written !== null) return parseAddress(written);
  }
  const peer = source.address();
  return peer === null ? null : parseAddress(withoutPort(peer));
}

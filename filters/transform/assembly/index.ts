/** Changes requests and responses as configured: headers, the path, words in the body. */
import { Action, Configuration, DataAction, Headers, HttpFilter, Json, Plugin, RequestBody, RequestHeaders, ResponseBody, ResponseHeaders } from "bowsprit-sdk";

class Pair {
  constructor(readonly from: string, readonly to: string) {}
}

class Changes {
  set: Pair[] = [];
  add: Pair[] = [];
  remove: string[] = [];
  path: Pair[] = [];
  body: Pair[] = [];

  static read(json: Json | null): Changes {
    const changes = new Changes();
    if (json === null) return changes;
    changes.set = pairs(json.get("set"));
    changes.add = pairs(json.get("add"));
    changes.remove = json.getStrings("remove");
    changes.path = pairs(json.get("path"));
    changes.body = pairs(json.get("body"));
    return changes;
  }

  /** Removed, then set, then added, as Istio orders header operations. */
  apply(headers: Headers): void {
    for (let i = 0; i < this.remove.length; i++) headers.remove(this.remove[i]);
    for (let i = 0; i < this.set.length; i++) headers.set(this.set[i].from, this.set[i].to);
    for (let i = 0; i < this.add.length; i++) headers.add(this.add[i].from, this.add[i].to);
    if (this.body.length > 0) headers.remove("content-length");
  }

  rewrite(text: string): string {
    let result = text;
    for (let i = 0; i < this.body.length; i++) result = result.replaceAll(this.body[i].from, this.body[i].to);
    return result;
  }
}

/** An object's names and texts, in order; what is no text is left out. */
function pairs(json: Json | null): Pair[] {
  const found = new Array<Pair>();
  if (json === null) return found;
  const names = json.keys();
  for (let i = 0; i < names.length; i++) {
    const text = json.at(i)!.asString();
    if (text !== null && names[i] != "") found.push(new Pair(names[i], text));
  }
  return found;
}

export class Transform extends Plugin {
  request: Changes = new Changes();
  response: Changes = new Changes();

  onConfigure(configuration: Configuration): bool {
    const json = configuration.json();
    if (json === null) return false;
    this.request = Changes.read(json.get("request"));
    this.response = Changes.read(json.get("response"));
    return true;
  }

  createFilter(): HttpFilter {
    return new TransformRequest(this);
  }
}

class TransformRequest extends HttpFilter {
  private isPlain: bool = true;

  constructor(private plugin: Transform) {
    super();
  }

  onRequestHeaders(request: RequestHeaders): Action {
    const changes = this.plugin.request;
    changes.apply(request);
    for (let i = 0; i < changes.path.length; i++) {
      const path = request.path;
      if (!path.startsWith(changes.path[i].from)) continue;
      request.path = changes.path[i].to + path.substring(changes.path[i].from.length);
      break;
    }
    return Action.Continue;
  }

  onRequestBody(body: RequestBody): DataAction {
    const changes = this.plugin.request;
    if (changes.body.length == 0) return DataAction.Continue;
    if (!body.endOfStream) return DataAction.Buffer;
    body.replace(changes.rewrite(body.text()));
    return DataAction.Continue;
  }

  onResponseHeaders(response: ResponseHeaders): Action {
    // Words in a compressed body cannot be found, so it is left alone.
    this.isPlain = !response.has("content-encoding");
    this.plugin.response.apply(response);
    return Action.Continue;
  }

  onResponseBody(body: ResponseBody): DataAction {
    const changes = this.plugin.response;
    if (changes.body.length == 0 || !this.isPlain) return DataAction.Continue;
    if (!body.endOfStream) return DataAction.Buffer;
    body.replace(changes.rewrite(body.text()));
    return DataAction.Continue;
  }
}

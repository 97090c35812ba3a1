import { Action, Configuration, HttpFilter, Plugin, RequestHeaders, ResponseHeaders } from "bowsprit-sdk";

/** One configured filter: reads pluginConfig once. */
export class CLASS extends Plugin {
  greeting: string = "hello";

  onConfigure(configuration: Configuration): bool {
    const json = configuration.json();
    if (json === null) return false;
    this.greeting = json.getString("greeting", this.greeting);
    return true;
  }

  createFilter(): HttpFilter {
    return new CLASSRequest(this);
  }
}

/** One request. Override what you need: what you do not override is not even exported. */
class CLASSRequest extends HttpFilter {
  constructor(private plugin: CLASS) {
    super();
  }

  onRequestHeaders(request: RequestHeaders): Action {
    if (request.path == "/NAME") return request.reply(200, this.plugin.greeting + "\n");
    request.set("x-NAME", this.plugin.greeting);
    return Action.Continue;
  }

  onResponseHeaders(response: ResponseHeaders): Action {
    response.set("x-NAME", this.plugin.greeting);
    return Action.Continue;
  }
}

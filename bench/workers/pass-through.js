// The least a Worker can do: the request goes up and the answer comes down as they are.
export default { fetch: (request, env) => env.UP.fetch(request) };

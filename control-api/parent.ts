/**
 * What the parent process of `serve` asks, over a Unix socket that only it reaches; there is no authentication here, so
 * nothing else may be given this entrypoint.
 */
import type { ServedCount } from '../gateway/served-count.ts';
import type { ControlEnv } from './store/control-store.ts';
import type { FloorSource } from './store/floor.ts';
import type { FetchedModule } from './store/wanted-modules.ts';

export const Parent = {
  /**
   * `PUT /floor`, `GET /live` (the id of every Snapshot that becomes live, a line each), `GET /heads/ID` of a Snapshot, `POST /shards`
   * with a list of keys for their JSON, a line each, `POST /served/ID` with `{error?}` once the gateway processes have it, or could
   * not take it; `GET /credentials`: certificates with their keys; `GET /modules` that are wanted, `PUT /modules`;
   * `POST /staged/ID` like served, and `POST /counts` of the answers while a Snapshot is staged.
   */
  async fetch(request: Request, env: ControlEnv): Promise<Response> {
    const control = env.CONTROL.getByName('control');
    const [, what, id = ''] = new URL(request.url).pathname.split('/');
    switch (`${request.method} ${what}`) {
      case 'PUT floor':
        await control.setFloor((await request.json()) as FloorSource);
        return new Response('ok');
      case 'GET live':
        return control.live();
      case 'GET heads':
        return control.head(id);
      case 'POST shards':
        return control.shards((await request.json()) as string[]);
      case 'GET credentials':
        return Response.json(await control.credentials());
      case 'GET modules':
        return Response.json(await control.wantedModules());
      case 'PUT modules':
        await control.learnModules((await request.json()) as FetchedModule[]);
        return new Response('ok');
      case 'POST staged':
        await control.staged(id, ((await request.json()) as { error?: string }).error);
        return new Response('ok');
      case 'POST counts':
        await control.counted((await request.json()) as ServedCount[]);
        return new Response('ok');
      case 'POST served':
        await control.served(id, ((await request.json()) as { error?: string }).error);
        return new Response('ok');
      default:
        return new Response('not found', { status: 404 });
    }
  },
};

/** `bowsprit completion SHELL`: a script that completes commands and options, made from the commands themselves. */
import { Argument, Command } from 'commander';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** `all` loads every command: their options are in them. */
export function completionCommand(all: () => Promise<Command[]>): Command {
  return new Command('completion')
    .description('a completion script: source <(bowsprit completion bash)')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action(async (shell: Shell) => {
      process.stdout.write(completionScript(shell, await all()));
    });
}

/** Words that may follow each command path: `` (none), `filter`, `filter build` … */
function words(commands: readonly Command[], path = ''): [path: string, words: string[]][] {
  const inner = commands.flatMap((command) => {
    const own = `${path} ${command.name()}`.trim();
    const options = command.options.flatMap(({ short, long }) => [short, long].filter((name) => name !== undefined));
    const next = command.commands.map((child) => child.name());
    const rest = words(command.commands, own).filter(([at]) => at !== own);
    return [[own, [...next, ...options]] as [string, string[]], ...rest];
  });
  return path === '' ? [['', commands.map((command) => command.name())], ...inner] : inner;
}

export function completionScript(shell: Shell, commands: readonly Command[]): string {
  const table = words(commands);
  if (shell === 'fish') return fish(table);
  const cases = table.map(([path, list]) => `    '${path}') words='${list.join(' ')}' ;;`).join('\n');
  const bash = `_bowsprit() {
  local current=\${COMP_WORDS[COMP_CWORD]} path= word words=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) break ;; *) path="\${path:+$path }$word" ;; esac
  done
  case $path in
${cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _bowsprit bowsprit
`;
  return shell === 'zsh' ? `autoload -U +X bashcompinit && bashcompinit\n${bash}` : bash;
}

function fish(table: [string, string[]][]): string {
  return table
    .map(([path, list]) => {
      const condition = path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`;
      return `complete -c bowsprit -n '${condition}' -a '${list.join(' ')}'\n`;
    })
    .join('');
}

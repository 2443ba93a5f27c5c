// The completion as bash reads it. What there is to complete is given.
import type { CompletedCommand, Place } from './completion.ts';

function quoted(words: readonly string[]): string {
  return `'${words.join(' ')}'`;
}

function filling(place: Place): string {
  if (place.kind === 'words') return `words=${quoted(place.words)}`;
  return place.kind === 'file' ? 'files=yes' : ':';
}

/** The words that lead from one command to another: `config print`. */
function steps(commands: readonly CompletedCommand[]): string {
  return commands.flatMap(({ path }) => (path.length === 0 || path[0] === 'help' ? [] : [`'${path.join(' ')}'`])).join(' | ');
}

function commandCase({ path, commands, flags, values, argument }: CompletedCommand): string {
  const valued = values.map((each) => `        ${each.flags.join(' | ')}) ${filling(each.place)} ;;`);
  const otherwise = [
    `if [[ $cur == -* ]]; then words=${quoted(flags.map(({ word }) => word))}`,
    `else ${commands.length > 0 ? `words=${quoted(commands.map(({ word }) => word))}` : filling(argument)}; fi`,
  ].join('; ');
  return [`    '${path.join(' ')}')`, '      case $prev in', ...valued, `        *) ${otherwise} ;;`, '      esac', '      ;;'].join('\n');
}

export function bashScript(name: string, commands: readonly CompletedCommand[]): string {
  return `# Completion of ${name} for bash. Load it in ~/.bashrc: source <(${name} completion bash)
_${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} at='' next i words='' files=''
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${at:+$at }\${COMP_WORDS[i]}"
    case $next in
      ${steps(commands)}) at=$next ;;
    esac
  done
  case $at in
${commands.map(commandCase).join('\n')}
  esac
  COMPREPLY=()
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r next; do COMPREPLY+=("$next"); done < <(compgen -f -- "$cur")
  elif [[ -n $words ]]; then
    while IFS= read -r next; do COMPREPLY+=("$next"); done < <(compgen -W "$words" -- "$cur")
  fi
}
complete -F _${name} ${name}
`;
}

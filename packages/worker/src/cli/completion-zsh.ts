// The completion as zsh reads it, with what each word means. What there is to complete is given.
import type { CompletedCommand, Place, Word } from './completion.ts';

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A colon ends the word; the rest is what it means. */
function described(words: readonly Word[]): string {
  return words.map(({ word, about }) => quoted(`${word}:${about.replaceAll(':', '\\:')}`)).join(' ');
}

function filling(place: Place): string {
  if (place.kind === 'words') return `compadd -- ${place.words.join(' ')}`;
  return place.kind === 'file' ? '_files' : ':';
}

function steps(commands: readonly CompletedCommand[]): string {
  return commands.flatMap(({ path }) => (path.length === 0 || path[0] === 'help' ? [] : [`'${path.join(' ')}'`])).join('|');
}

function commandCase({ path, commands, flags, values, argument }: CompletedCommand): string {
  const valued = values.map((each) => `        (${each.flags.join('|')}) ${filling(each.place)}; return ;;`);
  const rest = commands.length > 0 ? `found=(${described(commands)}); _describe -t commands command found` : filling(argument);
  return [
    `    (${quoted(path.join(' '))})`,
    ...(valued.length === 0 ? [] : ['      case $words[CURRENT-1] in', ...valued, '      esac']),
    '      if [[ $words[CURRENT] == -* ]]; then',
    `        found=(${described(flags)}); _describe -o -t options option found`,
    '      else',
    `        ${rest}`,
    '      fi',
    '      ;;',
  ].join('\n');
}

export function zshScript(name: string, commands: readonly CompletedCommand[]): string {
  return `#compdef ${name}
# Completion of ${name} for zsh. Put it into a folder of $fpath as _${name}, before compinit.
_${name}() {
  local at='' next i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    next="\${at:+$at }$words[i]"
    case $next in
      (${steps(commands)}) at=$next ;;
    esac
  done
  case $at in
${commands.map(commandCase).join('\n')}
  esac
}
if [[ $funcstack[1] == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
}

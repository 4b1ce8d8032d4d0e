/** The functions by which shells ask `drover` for completions: the same question in three languages. */
import { COMPLETE } from './name';

const BASH = `_drover() {
  local cur=\${COMP_WORDS[COMP_CWORD]} line file
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = :files ]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$cur")
    else
      COMPREPLY+=("$line")
    fi
  done < <("\${COMP_WORDS[0]}" ${COMPLETE} -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _drover drover`;

const ZSH = `#compdef drover
_drover() {
  local line
  local -a names
  while IFS= read -r line; do
    if [[ $line == :files ]]; then _files; else names+=("$line"); fi
  done < <("\${words[1]}" ${COMPLETE} -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#names} )) && compadd -- "\${names[@]}"
}
compdef _drover drover`;

const FISH = `function __drover_complete
  set -l words (commandline -opc)
  for line in ($words[1] ${COMPLETE} -- $words[2..-1] (commandline -ct) 2>/dev/null)
    if test "$line" = :files
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c drover -f -a '(__drover_complete)'`;

/** By the name of the shell. */
export const COMPLETION_SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

# Asks the program what it takes at the cursor; printed by `bee-tui completions bash`.
_bee-tui() {
    local IFS=$'\v' i word joined=0 n=0 kept reply current="${2-${COMP_WORDS[COMP_CWORD]}}"
    local words=("${COMP_WORDS[0]}") program="${COMP_WORDS[0]}"
    command -v "$program" >/dev/null 2>&1 || program=bee-tui
    command -v "$program" >/dev/null 2>&1 || program='@PROGRAM@'
    # Readline splits at = and :, bee-tui wants --output=json as one word.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word="${COMP_WORDS[i]}"
        if [[ $i -eq $COMP_CWORD && $word != [=:] ]]; then word="$current"; fi
        if [[ $joined -eq 1 || ($word == [=:] && ${words[n]} == -*) ]]; then
            words[n]+="$word"
        else
            words[++n]="$word"
        fi
        if [[ $word == [=:] && ${words[n]} == -* ]]; then joined=1; else joined=0; fi
    done
    kept="${words[n]%"$current"}"
    COMPREPLY=($(_CLAP_IFS="$IFS" _CLAP_COMPLETE_INDEX="$n" BEE_TUI_COMPLETE=bash "$program" -- "${words[@]}" 2>/dev/null))
    for i in "${!COMPREPLY[@]}"; do
        reply="${COMPREPLY[i]#"$kept"}"
        if [[ $reply == *[[:space:]]* ]]; then printf -v reply %q "$reply"; fi
        COMPREPLY[i]="$reply"
    done
    if [[ ${COMPREPLY-} == *[=/:] ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o bashdefault -o nosort -F _bee-tui bee-tui 2>/dev/null || complete -o bashdefault -F _bee-tui bee-tui

# Finds, and signals, all that one command started.  Fed to a POSIX shell that may not be able to
# fork any more, so it uses builtins alone: no pipe, no subshell, no command substitution.
#
# Called with: SIGNAL TOKEN ALONE OTHERS [PID...]
#   SIGNAL 0: only look, and no further than at the PIDs while one of them is alive
#   TOKEN  stands in the environment of all that the command started, unless it was cleared
#   ALONE  1: no other command ran meanwhile, so an orphan without any token is also its doing
#   OTHERS 1: a process that may not be looked into is its doing too
#   PID    known to belong to it
# Prints the process ids that were found.

repro_signal=$1 repro_token=$2 repro_alone=$3 repro_others=$4
shift 4
repro_ours=" $* "
repro_since=

repro_add() {
    repro_ours="$repro_ours$1 "
    repro_new=1
    [ "$repro_signal" != 0 ] || return 0
    # Stopped before anything else is looked at: then nothing forks on while this shell gets its
    # small share of the processor.  A group is stopped by one call, which no fork can outrun.
    case " 0 1 $repro_self_group " in
    *" $2 "*) ;;
    *) kill -STOP "-$2" 2>/dev/null ;;
    esac
    kill -STOP "$1" 2>/dev/null
    return 0
}

repro_began() {
    [ -z "$repro_since" ] || [ "$1" -lt "$repro_since" ] && repro_since=$1
    return 0
}

# The fields of proc_pid_stat(5) after the name, which may itself hold blanks and brackets.
repro_stat() {
    repro_text=
    while IFS= read -r repro_line || [ -n "$repro_line" ]; do
        repro_text="$repro_text$repro_line "
    done <"$1/stat" || return 1
    [ -n "$repro_text" ]
} 2>/dev/null

# Sets repro_status.  0: has our token, 1: another one, 2: none, 3: may not be read.
repro_environ() {
    repro_status=3
    {
        repro_status=2
        while IFS= read -r repro_line || [ -n "$repro_line" ]; do
            case $repro_line in
            *"REPRO_EXEC=$repro_token"*) repro_status=0 && break ;;
            *REPRO_EXEC=*) repro_status=1 ;;
            esac
        done
    } <"$1/environ"
    return 0
} 2>/dev/null

# Arguments: PID STATE PPID PGRP SESSION … STARTTIME is the 21st.
repro_judge() {
    [ "$2" != Z ] && [ "$1" != 1 ] && [ "$1" != "$$" ] || return 0
    case $repro_ours in *" $1 "*) return 0 ;; esac
    for repro_kin in "$3" "$4" "$5"; do
        case $repro_ours in *" $repro_kin "*) repro_add "$1" "$4" && return 0 ;; esac
    done
    repro_environ "/proc/$1"
    if [ $repro_status = 0 ]; then
        repro_add "$1" "$4"
        repro_began "${21}"
    elif [ $repro_status = 3 ] && [ "$repro_others" = 1 ]; then
        repro_add "$1" "$4"
    elif [ $repro_status -ge 2 ] && [ "$repro_alone" = 1 ] && [ "$3" = 1 ] &&
        [ -n "$repro_since" ] && [ "${21}" -ge "$repro_since" ]; then
        repro_add "$1" "$4"
    fi
    return 0
}

repro_look() {
    repro_new=1
    while [ $repro_new = 1 ]; do
        repro_new=0
        for repro_dir in /proc/[0-9]*; do
            repro_stat "$repro_dir" || continue
            # Unquoted on purpose: split into fields.
            # shellcheck disable=SC2086
            repro_judge ${repro_dir#/proc/} ${repro_text##*) }
        done
    done
}

repro_known=
for repro_pid in $repro_ours; do
    [ "$repro_pid" != 1 ] && repro_stat "/proc/$repro_pid" || continue
    # shellcheck disable=SC2086
    set -- $repro_pid ${repro_text##*) }
    [ "$2" != Z ] || continue
    repro_began "${21}"
    repro_known="$repro_known $repro_pid"
done
repro_ours="$repro_known "
repro_self_group=1
repro_stat "/proc/$$" && set -- ${repro_text##*) } && repro_self_group=$3

if [ "$repro_signal" != 0 ]; then
    for repro_pid in $repro_ours; do kill -STOP "$repro_pid" 2>/dev/null; done
    repro_look
    for repro_pid in $repro_ours; do
        kill "-$repro_signal" "$repro_pid" 2>/dev/null
        # SIGTERM is handled before anything else that was under way.
        kill -CONT "$repro_pid" 2>/dev/null
    done
elif [ -z "$repro_known" ]; then
    repro_look
fi
echo "pids:$repro_ours"

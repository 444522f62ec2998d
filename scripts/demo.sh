#!/bin/sh
# A real issue, reproduced on an affected version and shown to be gone on the fixed one.
set -eu
cd "$(dirname "$0")/.."
repro=.venv/bin/repro
case=cases/black-fstring-multiline.yml

show() {
    printf '\n$ %s\n' "$*"
    status=0
    "$@" || status=$?
}

expect() {
    if [ "$status" != "$1" ]; then
        echo "demo: expected exit status $1, got $status" >&2
        exit 1
    fi
}

echo "First a look at this machine; what is missing is installed (an engine, if there is none)."
show $repro doctor --fix
expect 0
show $repro run $case
expect 0
show $repro run $case --version 24.8.0
expect 1
show $repro diff last~1 last
expect 1
echo
echo "The issue reproduces on 24.4.2 and is gone on 24.8.0."

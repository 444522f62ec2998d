#!/bin/sh
# Makes .venv with repro in it.  Usage: bootstrap.sh run|dev
set -eu
cd "$(dirname "$0")/.."

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

python=""
for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "bootstrap: Python 3.11 or newer is needed; set PYTHON to one" >&2
    exit 2
fi

if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    echo "bootstrap: installing python3-venv with apt-get (Python's own venv needs it)"
    as_root apt-get update -qq
    as_root apt-get install -y -qq --no-install-recommends python3-venv
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
pip() { .venv/bin/python -m pip --disable-pip-version-check -q "$@"; }
if [ "$1" = dev ]; then
    pip install -r requirements-dev.txt
    pip install --no-deps -e .
else
    pip install -c requirements-dev.txt -e .
fi
# Also where PYTHONDONTWRITEBYTECODE is set: compiling at every start costs more than the start.
.venv/bin/python -m compileall -q repro
touch ".venv/.$1"

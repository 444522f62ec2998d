"""What is asked of a node's shell: one door for scripts and quoting."""

from __future__ import annotations

import hashlib
import shlex

from repro.ports import GuestFile, Node

#: bash -eo pipefail where there is bash, else sh -e (case format).
_SHELL = (
    "if command -v bash >/dev/null 2>&1; "
    'then exec bash -eo pipefail -c "$1"; else exec sh -e -c "$1"; fi'
)
_SHELL_FILE = (
    'if command -v bash >/dev/null 2>&1; then exec bash -eo pipefail "$1"; else exec sh -e "$1"; fi'
)
#: Linux refuses a single argument of 128 KiB and more (execve(2), MAX_ARG_STRLEN).
_LONGEST_ARGUMENT = 100_000


def shell(script: str, node: Node | None = None) -> tuple[str, ...]:
    """The arguments that run a script in the node's shell; a long one is put on ``node``."""
    data = script.encode()
    if node is None or len(data) < _LONGEST_ARGUMENT:
        return ("/bin/sh", "-c", _SHELL, "sh", script)
    path = f"/tmp/repro-{hashlib.sha256(data).hexdigest()[:12]}.sh"
    node.put([GuestFile(path, data)])
    return ("/bin/sh", "-c", _SHELL_FILE, "sh", path)


def quoted(*words: str) -> str:
    """Words as one line of shell."""
    return shlex.join(words)

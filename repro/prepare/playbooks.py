"""The one place that knows ansible-runner: plays playbooks on one node."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from repro.errors import PrepareError
from repro.prepare.network import FOLDER
from repro.prepare.tasks import TaskResult, bounded

#: Seconds that the playbooks of one node may take.
LIMIT = 3600

#: How Ansible runs: modules piped into the interpreter instead of copied, nothing left behind.
_ANSIBLE = {
    "ANSIBLE_PIPELINING": "1",
    "ANSIBLE_REMOTE_TMP": f"{FOLDER}/ansible",
    "ANSIBLE_FORKS": "1",
    "ANSIBLE_RETRY_FILES_ENABLED": "0",
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_DEPRECATION_WARNINGS": "0",
    "ANSIBLE_SYSTEM_WARNINGS": "0",
}
#: The end of what Ansible, in its own words of the day, adds when a command failed.
_SAYS_NOTHING = "non-zero return code"
_ENDED = {"runner_on_ok", "runner_on_failed", "runner_on_unreachable"}


@dataclass(frozen=True)
class Played:
    """What the playbooks did.  ``trouble`` is what was printed where no task tells the failure."""

    results: tuple[TaskResult, ...]
    failed: bool
    trouble: str = ""


def play(
    host: str,
    connection: Mapping[str, str],
    playbooks: Sequence[Path],
    variables: Mapping[str, Any],
    *,
    on_task: Callable[[str], None] = lambda _: None,
    cancel: threading.Event | None = None,
) -> Played:
    """Play the playbooks on a host, one after another, in one Ansible process.

    ``connection`` holds Ansible's host variables; ``variables`` reach the playbooks as they are:
    nothing in them is taken for a template.  Raises PrepareError where Ansible is not there.
    """
    import ansible_runner

    listener = _Listener(on_task)
    with tempfile.TemporaryDirectory(prefix="repro-ansible-", ignore_cleanup_errors=True) as folder:
        main, extra = _written(Path(folder), playbooks, variables)
        run = ansible_runner.run(
            private_data_dir=folder,
            playbook=str(main),
            inventory={"all": {"hosts": {host: dict(connection)}}},
            cmdline=f"--extra-vars @{extra}",
            envvars=_environment(Path(folder)),
            settings={"pexpect_timeout": 1},
            timeout=LIMIT,
            event_handler=listener.heard,
            cancel_callback=cancel.is_set if cancel else lambda: False,
            quiet=True,
        )
        failed = run.status != "successful"
        told = any(result.failed for result in listener.results)
        trouble = _printed(run.stdout) if failed and not told else ""
    return Played(tuple(listener.results), failed, trouble or (run.status if failed else ""))


class _Listener:
    """Turns Ansible's events into results."""

    def __init__(self, on_task: Callable[[str], None]) -> None:
        self.results: list[TaskResult] = []
        self._on_task = on_task
        self._current = ""

    def heard(self, event: dict[str, Any]) -> bool:
        """Called for every event; false: keep no file of it."""
        data = event.get("event_data", {})
        name = str(data.get("name", ""))
        if event["event"] == "playbook_on_task_start" and name != self._current:
            self._current = name
            self._on_task(name)
        elif event["event"] in _ENDED:
            self.results.append(_result(event["event"], data))
        return False


def _printed(stream: TextIO) -> str:
    with stream:
        return bounded(stream.read())


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of this user's own Ansible configuration reaches the playbooks."""
    config = folder / "ansible.cfg"
    config.touch()
    return {
        **_ANSIBLE,
        "ANSIBLE_CONFIG": str(config),
        "ANSIBLE_HOME": str(folder),
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
        "PATH": _search_path(),
    }


def _search_path() -> str:
    """Where ansible-playbook is found: first in the environment that repro runs in."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    if shutil.which("ansible-playbook", path=path) is None:
        raise PrepareError(
            "ansible-playbook is not there",
            cause="Ansible is not installed in the environment that repro runs in",
            action="install repro with its dependencies; `repro doctor` looks for all of them",
        )
    return path


def _written(
    folder: Path, playbooks: Sequence[Path], variables: Mapping[str, Any]
) -> tuple[Path, Path]:
    import yaml

    main = folder / "project" / "main.yml"
    main.parent.mkdir()
    plays = [{"import_playbook": str(path.resolve())} for path in playbooks]
    main.write_text(yaml.safe_dump(plays), "utf-8")
    extra = folder / "variables.yml"
    extra.write_text(f"--- !unsafe\n{yaml.safe_dump(_plain(variables))}", "utf-8")
    extra.chmod(0o600)
    return main, extra


def _plain(value: Any) -> Any:
    """Tuples and read-only mappings as what YAML has, text as bare text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def _result(event: str, data: Mapping[str, Any]) -> TaskResult:
    result = data.get("res") or {}
    failed = event != "runner_on_ok" and not data.get("ignore_errors")
    parts = [str(result.get(key) or "") for key in ("stdout", "stderr", "msg")]
    parts = [part for part in parts if part and not part.rstrip(".").endswith(_SAYS_NOTHING)]
    return TaskResult(
        task=str(data.get("task", "")),
        changed=bool(result.get("changed")),
        failed=failed,
        seconds=round(float(data.get("duration") or 0.0), 3),
        message=bounded("\n".join(parts)) if failed else "",
    )

"""The making of one layer on a node that is up: all that changes the node is sent from here."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from repro.errors import (
    DiskFullError,
    EnvironmentTrouble,
    InterruptedRunError,
    NodeLostError,
    PrepareError,
)
from repro.guest import shell
from repro.model.case import InstallStep
from repro.model.observation import Completed
from repro.model.plan import Preparation
from repro.model.record import NodeLock
from repro.ports import Command, Image, Node, Say
from repro.prepare import lock, network, recipe
from repro.prepare.playbooks import play
from repro.prepare.tasks import TaskResult, bounded
from repro.prepare.words import complaint, disk_full
from repro.settings import Settings

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_TOOLS = "/opt/repro/venv/bin:/case/node_modules/.bin"
#: Seconds for the OS's Python.
_PYTHON_LIMIT = 900.0

#: Package indexes go stale, and are larger than what was installed.  apt takes its index for
#: fresh by the folder's date, which removing files has just set.
_CLEAN = f"""
rm -rf {network.FOLDER} /var/cache/apt/*.bin /var/cache/apt/archives/*.deb \
  /var/cache/dnf/* /var/cache/libdnf5/* /var/cache/zypp/*
if [ -d /var/lib/apt/lists ]; then
  rm -rf /var/lib/apt/lists/* /var/lib/apt/periodic/update-success-stamp
  touch -d @0 /var/lib/apt/lists
fi
exit 0
"""


class Making:
    """One node on its way to a prepared image.  ``results`` holds what each task did so far."""

    def __init__(
        self,
        node: Node,
        preparation: Preparation,
        settings: Settings,
        say: Say,
        cancel: threading.Event | None,
    ) -> None:
        self.results: list[TaskResult] = []
        self._node = node
        self._preparation = preparation
        self._say = say
        self._cancel = cancel
        self._env = network.guest_environment(settings, preparation.os)
        self._files = network.guest_files(settings, preparation.os)

    def found(self) -> None:
        """What every node has: /case, and a Python where something needs one."""
        self._node.put(self._files)
        self._shell("make /case", "mkdir -p /case", timeout=60.0)
        if self._preparation.python:
            profile = self._preparation.os
            self._shell("install Python", profile.python.install, timeout=_PYTHON_LIMIT)

    def install(self, playbooks: Sequence[Path]) -> None:
        """Playbooks, then the case's own commands."""
        if not playbooks and not self._preparation.install:
            return
        self._node.put(self._files)
        if playbooks:
            self._play(playbooks)
        for step in self._preparation.install:
            self._step(step)

    def finish(self, base: Image, key: str) -> NodeLock:
        """Take the lock, and remove what only the preparation needed."""
        argv = ("sh", "-c", lock.SCRIPT, "sh", self._preparation.os.python.path)
        taken = self._run(Command(argv, env={"PATH": _PATH}, timeout=120.0, keep=16 * 2**20))
        self._run(Command(("sh", "-c", _CLEAN), env={"PATH": _PATH}, timeout=120.0))
        return lock.parse(
            taken.stdout.text, image=base.reference, image_digest=base.digest, prepared=key
        )

    def _play(self, playbooks: Sequence[Path]) -> None:
        profile = self._preparation.os
        connection = self._node.ansible() | {"ansible_python_interpreter": profile.python.path}
        variables = recipe.variables(self._preparation) | {"repro_environment": self._env}
        played = play(
            self._node.name,
            connection,
            playbooks,
            variables,
            on_task=self._say,
            cancel=self._cancel,
        )
        self.results.extend(played.results)
        if played.failed:
            self._raise_interrupted()
            failed = [result for result in played.results if result.failed]
            task = failed[-1].task if failed else "Ansible"
            raise self._failure(task, failed[-1].message if failed else played.trouble)

    def _step(self, step: InstallStep) -> None:
        env = {
            "PATH": f"{_TOOLS}:{_PATH}",
            "REPRO_VERSION": self._preparation.version or "",
        }
        self._shell(f"install: {step.run}", step.run, timeout=step.timeout, env=env, cwd="/case")

    def _shell(
        self,
        task: str,
        script: str,
        *,
        timeout: float,
        env: dict[str, str] | None = None,
        cwd: str = "/",
    ) -> None:
        self._say(task.splitlines()[0])
        merged = {"PATH": _PATH, **self._env, **(env or {})}
        argv = shell(script, self._node)
        done = self._run(Command(argv, env=merged, cwd=cwd, timeout=timeout))
        output = "" if done.exit == 0 else _printed(done)
        result = TaskResult(
            task=task,
            changed=True,
            failed=done.exit != 0,
            seconds=round(done.seconds, 3),
            message=bounded(output),
        )
        self.results.append(result)
        if done.timed_out:
            raise self._failure(task, f"it did not end within {timeout:g} s")
        if result.failed:
            raise self._failure(task, output)

    def _run(self, command: Command) -> Completed:
        done = self._node.run(command, cancel=self._cancel)
        self._raise_interrupted()
        return done

    def _raise_interrupted(self) -> None:
        if self._cancel is not None and self._cancel.is_set():
            raise InterruptedRunError(f"{self._node.name}: the preparation was interrupted")

    def _failure(self, task: str, output: str) -> EnvironmentTrouble:
        """The error for a failed task: the node's own trouble comes first."""
        what = f"{self._node.name}: could not prepare {recipe.describe(self._preparation)}"
        state = self._node.state()
        if state.state != "running":
            killed = " (out of memory)" if state.oom_killed else ""
            return NodeLostError(f"{what}: the node is {state.state}{killed}")
        if disk_full(output):
            return DiskFullError(f"{what}: {complaint(output)}")
        return PrepareError(f"{what}: {complaint(output)}", cause=f"the task that failed: {task}")


def _printed(done: Completed) -> str:
    """What a failed command printed, its complaints last; where it said nothing, how it ended."""
    parts = (done.stdout.text.strip(), done.stderr.text.strip())
    return "\n".join(part for part in parts if part) or f"exit status {done.exit}"

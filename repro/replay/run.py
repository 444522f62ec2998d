"""``run``: a command in the node's shell."""

from __future__ import annotations

import threading

from repro.guest import shell
from repro.model.case import RunStep
from repro.ports import Node
from repro.replay.scene import Attempt, Scene


def perform(step: RunStep, name: str, node: Node, scene: Scene, cancel: threading.Event) -> Attempt:
    """Run the command to its end, its time-out, or until ``cancel`` is set."""
    stdin = step.stdin.encode() if step.stdin is not None else None
    command = scene.command(shell(step.run, node), step, node.name, stdin)
    return Attempt(step.run, node.run(command, scene.sink(name, node.name), cancel))

"""Making a cell's prepared images before its turn."""

from __future__ import annotations

import contextlib
import threading

from repro.errors import ReproError
from repro.model.plan import Plan
from repro.stages import Preparing


def prepare_images(plan: Plan, preparer: Preparing, cancel: threading.Event) -> None:
    """The prepared image of every node, equal ones once.

    Nothing is said of trouble: it comes again, and is told, when the cell is run.
    """
    preparations = {node.preparation.model_dump_json(): node for node in plan.nodes}
    for node in preparations.values():
        if cancel.is_set():
            return
        with contextlib.suppress(ReproError):
            preparer.prepare(
                node.preparation,
                node.name,
                say=lambda _text: None,
                evidence=lambda _node, _results: None,
                cancel=cancel,
            )

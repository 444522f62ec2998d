"""Live progress: a picture that moves on a terminal, plain lines in a log, JSON for programs."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from repro.report.looks import SIGNS

if TYPE_CHECKING:
    from rich.console import Group, RenderableType
    from rich.live import Live

    from repro.model.plan import Plan
    from repro.model.record import Event, RunSummary

#: Lines of a step's output shown while it runs.
_TAIL = 5
#: Findings of the symptom shown with the verdict.
_SHOWN = 5


class Progress:
    """Shows the runs of one command; the results go to standard output, the rest to error."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._moving = sys.stderr.isatty() and not as_json
        self._picture: _Picture | None = None
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._drop_picture()

    def begin(self, plan: Plan, run: str) -> None:
        """A run begins."""
        self._started = time.monotonic()
        if self._moving:
            self._picture = _Picture(plan)
        else:
            self._line(f"{plan.cell} ({run})")

    def event(self, event: Event) -> None:
        """Something happened in the run; called from several threads."""
        if self._picture is not None:
            self._picture.event(event)
        elif event.what in ("note", "end"):
            where = f"{event.stage} {event.node}".strip()
            told = event.text or f"done in {event.seconds or 0:.2f} s"
            self._line(f"{where}: {told}")

    def end(self, summary: RunSummary) -> None:
        """A run ended with a verdict."""
        self._drop_picture()
        if self._as_json:
            print(summary.model_dump_json(), flush=True)
            return
        from repro.report.text import one_line

        verdict = summary.verdict
        print(f"{SIGNS[verdict.verdict]} {verdict.verdict}: {summary.cell}")
        print(f"  {one_line(verdict.reason, 400)}")
        for finding in verdict.symptom[:_SHOWN] if verdict.verdict == "reproduced" else ():
            print(f"  seen: {one_line(finding.evidence or finding.why, 200)}")
        if summary.action:
            print(f"  next: {one_line(summary.action)}")
        print(f"  {summary.seconds:.1f} s, evidence: repro show {summary.run}", flush=True)
        if summary.environment is not None:
            node = summary.prepared[0].node if summary.prepared else "node"
            print(f"  kept: repro shell {node} --environment {summary.environment}", flush=True)

    def interrupted(self, run: str, case: Path) -> None:
        """A run did not come to its end."""
        self._drop_picture()
        again = shlex.join(["repro", "run", str(case)])
        print(
            f"\nwhat was recorded is kept: repro show {run}\n"
            f"go on with: {again}  (what was prepared need not be prepared again)",
            file=sys.stderr,
        )

    def _line(self, text: str) -> None:
        passed = time.monotonic() - self._started
        print(f"[{passed:7.2f}] {_safe(text)}", file=sys.stderr, flush=True)

    def _drop_picture(self) -> None:
        if self._picture is not None:
            self._picture.close()
            self._picture = None


class _Picture:
    """The moving picture of one run: a line a stage, a line a node, the last output."""

    def __init__(self, plan: Plan) -> None:
        from rich.console import Console
        from rich.live import Live

        self._title = str(plan.cell)
        self._stages: dict[str, str] = {}
        self._nodes = {node.name: "" for node in plan.nodes}
        self._tail: list[str] = []
        self._current = ""
        self._live: Live = Live(
            console=Console(stderr=True),
            transient=True,
            refresh_per_second=8,
            get_renderable=self._drawn,
        )
        self._live.start()

    def event(self, event: Event) -> None:
        """Take it into the picture."""
        if event.what == "begin":
            self._current = event.stage
            self._stages[event.stage] = "…"
        elif event.what == "end":
            self._stages[event.stage] = f"{event.seconds or 0:.2f} s"
            self._tail.clear()
        elif event.what == "output":
            self._tail = [*self._tail, *_safe(event.text).splitlines()][-_TAIL:]
        elif event.node in self._nodes:
            self._nodes[event.node] = event.text
        else:
            self._tail = [*self._tail, _safe(event.text)][-_TAIL:]

    def close(self) -> None:
        """Take it off the terminal."""
        self._live.stop()

    def _drawn(self) -> Group:
        from rich.console import Group
        from rich.spinner import Spinner
        from rich.text import Text

        done = "  ".join(
            f"{stage} {took}" for stage, took in self._stages.items() if stage != self._current
        )
        lines: list[RenderableType] = [
            Spinner("dots", Text(f" {self._title}", style="bold")),
            Text(f"   {done}", style="dim"),
            Text(f"   {self._current}", style="cyan"),
        ]
        lines += [Text(f"   {name}: {_safe(said)}") for name, said in self._nodes.items() if said]
        lines += [Text(f"   │ {line[:160]}", style="dim") for line in self._tail]
        return Group(*lines)


def _safe(text: str) -> str:
    from repro.report.text import printable

    return printable(text)

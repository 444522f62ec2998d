"""A campaign while it goes on: a picture that moves on a terminal, a line a run in a log."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from repro.report.campaign import show_grid
from repro.report.looks import SIGNS
from repro.report.text import line, one_line, printable, renderable

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

    from repro.campaign.question import Question
    from repro.model.campaign import CampaignSummary, CellAnswer, Job, Outcome
    from repro.model.plan import Cell
    from repro.model.record import Event


class CampaignProgress:
    """Watches a campaign.  Runs are told whole, one after the other, so that none mixes with
    another; the answer goes to standard output, the rest to error.
    """

    def __init__(self, question: Question, cells: Sequence[Cell], *, as_json: bool) -> None:
        self._question = question
        self._cells = cells
        self._as_json = as_json
        self._started = time.monotonic()
        self._stages: dict[str, str] = {}
        self._jobs: dict[str, Cell] = {}
        self._lock = threading.Lock()
        self._told = 0
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and not self._as_json:
            from rich.console import Console
            from rich.live import Live

            self._live = Live(
                console=Console(stderr=True),
                transient=True,
                refresh_per_second=4,
                get_renderable=self._drawn,
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    # -- the driver tells ----------------------------------------------------------------

    def begin(self, job: Job) -> None:
        """A run begins."""
        with self._lock:
            self._jobs[job.key] = job.plan.cell
            self._stages[job.key] = "waiting"
        self._tell_steps()

    def event(self, key: str, event: Event) -> None:
        """Something happened in a run; called from the threads that carry runs out."""
        if event.what == "begin":
            told = event.stage
        elif event.what == "note" and event.text:
            told = f"{event.stage}: {one_line(event.text, 100)}"
        else:
            return
        with self._lock:
            if key in self._stages:
                self._stages[key] = told

    def end(self, outcome: Outcome, *, recorded: bool) -> None:
        """A run ended."""
        with self._lock:
            self._stages.pop(outcome.key, None)
            self._jobs.pop(outcome.key, None)
        if self._as_json:
            print(outcome.model_dump_json(), flush=True)
            return
        self._tell_steps()
        end = "" if outcome.counted else "; replaced"
        where = "recorded before" if recorded else f"{outcome.seconds:.1f} s"
        found = f"{SIGNS[outcome.verdict]} {outcome.verdict}: {outcome.cell} ({where}{end})"
        self._line(found)
        if outcome.verdict not in ("reproduced", "not-reproduced"):
            self._line(f"    {one_line(outcome.reason, 200)}")

    def finish(self, summary: CampaignSummary) -> None:
        """The answer."""
        if self._as_json:
            print(summary.model_dump_json(), flush=True)
            return
        from repro.cli.output import show
        from repro.report.campaign_answer import show_answer

        self._tell_steps()
        show([*show_answer(summary), line(f"the record: repro show {summary.campaign}")])

    # -- the picture ---------------------------------------------------------------------

    def _tell_steps(self) -> None:
        """Why the strategy chose as it did, as far as that was not told yet."""
        if self._as_json:
            return
        reasons = self._question.reasons()
        for reason in reasons[self._told :]:
            self._line(reason)
        self._told = len(reasons)

    def _line(self, text: str) -> None:
        passed = time.monotonic() - self._started
        told = f"[{passed:7.2f}] {printable(text)}"
        if self._live is not None:
            from rich.text import Text

            self._live.console.print(Text(told))
        else:
            print(told, file=sys.stderr, flush=True)

    def _drawn(self) -> RenderableType:
        with self._lock:
            running = [(self._jobs[key], stage) for key, stage in self._stages.items()]
        lines = []
        if len(self._cells) > 1:
            answers: dict[Cell, CellAnswer] = {
                each.cell: each for each in self._question.cell_answers()
            }
            lines = show_grid(self._cells, answers, [cell for cell, _ in running])
        for cell, stage in running:
            lines.append(line("  ", (str(cell), "bold"), ("  " + stage, "dim")))
        return renderable(lines)

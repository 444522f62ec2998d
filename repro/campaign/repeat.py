"""One cell run as often as its question needs; and several strategies at once."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence

from repro.campaign.strategy import Strategy
from repro.model.campaign import CellAnswer, Outcome
from repro.model.case import Repeat as Asked
from repro.model.observation import Rate, Verdict
from repro.model.plan import Cell
from repro.stats import clean_runs_needed, combine, missed_below, rate, sprt

#: So many runs that the environment failed are made up for, beyond what the driver replaced.
_SPARE = 2
#: A rate of at least this is "always"; what it is told apart from comes and goes.
_ALWAYS = 0.95
_HALF = 0.5


class Repeat:
    """A cell, run until its case's ``repeat`` is satisfied.

    ``until: decided`` stops as soon as the answer is clear: it comes and goes (reproduced in one
    run, clean in another); it is always there (Wald's sequential test of 95 % against half); or
    it is not there: the ``expected`` rate is excluded at 95 %.  Left out, that is the rate that
    as many runs as the case asks for are to find.
    """

    def __init__(self, cell: Cell, asked: Asked, expected: Rate | float | None = None) -> None:
        self.cell = cell
        self._asked = asked
        share = expected.reproduced / expected.runs if isinstance(expected, Rate) else expected
        self._expected = share or missed_below(asked.runs)
        self._running = 0
        self._outcomes: list[Outcome] = []
        self._replaced = 0

    def wanted(self, room: int) -> Sequence[Cell]:
        """As many runs at once as there is room for and may still be needed."""
        left = 0 if self._clear else self._asked.runs - self._counted - self._running
        started = max(0, min(room, left))
        self._running += started
        return (self.cell,) * started

    def tell(self, outcome: Outcome) -> None:
        """One of the runs has come to its end; one that was replaced says nothing."""
        if not outcome.counted:
            self._replaced += 1
            return
        self._running = max(0, self._running - 1)
        self._outcomes.append(outcome)

    def soon(self) -> Sequence[Cell]:
        """The cell itself, until it is being run."""
        return () if self.done or self._running or self._outcomes else (self.cell,)

    @property
    def told(self) -> bool:
        """Whether a run of it has come to its end."""
        return bool(self._outcomes)

    @property
    def done(self) -> bool:
        """Whether the answer is clear or the runs are used up."""
        return self._clear or self._counted >= self._asked.runs

    def answer(self) -> CellAnswer:
        """What all runs so far show together.  Raises ValueError before the first outcome."""
        if not self._outcomes:
            raise ValueError(f"{self.cell} was not run")
        verdicts = self._verdicts
        seen = rate(verdicts)
        together = combine(verdicts, self._enough_clean)
        return CellAnswer.made(
            cell=self.cell,
            verdict=together.verdict,
            reason=together.said("reason"),
            runs=tuple(each.run for each in self._outcomes if each.run),
            rate=seen,
            replaced=self._replaced + self._failed,
            clean_runs=clean_runs_needed(seen) if seen and seen.reproduced else None,
            seconds=sum(each.seconds for each in self._outcomes),
            finished=self.done,
        )

    @property
    def _verdicts(self) -> list[Verdict]:
        return [
            Verdict.made(verdict=each.verdict, reason=each.said("reason"))
            for each in self._outcomes
        ]

    @property
    def _failed(self) -> int:
        return sum(each.verdict == "environment-failed" for each in self._outcomes)

    @property
    def _counted(self) -> int:
        return len(self._outcomes) - self._failed

    @property
    def _enough_clean(self) -> int:
        """So many clean runs, and no other, say that the issue is not there."""
        if self._asked.until != "decided":
            return self._asked.runs
        return min(self._asked.runs, clean_runs_needed(self._expected))

    @property
    def _clear(self) -> bool:
        if self._failed > min(_SPARE, self._asked.runs - 1):
            return True
        seen = rate(self._verdicts)
        if seen is None or self._asked.until == "all":
            return False
        if self._asked.until == "first":
            return seen.reproduced > 0
        if 0 < seen.reproduced < seen.runs:
            return True
        if seen.reproduced:
            return sprt(seen.reproduced, seen.runs, _HALF, _ALWAYS) == "high"
        return seen.runs >= self._enough_clean


class Together:
    """Several strategies at once: room goes to the earlier ones first.

    ``wide``: each begins with one cell before any of them gets more, so that different images are
    made side by side instead of several runs waiting for the same one.
    """

    def __init__(self, strategies: Sequence[Strategy], *, wide: bool = False) -> None:
        self._strategies = tuple(strategies)
        self._to_begin = list(strategies) if wide else []
        self._asked_by: dict[Cell, deque[Strategy]] = defaultdict(deque)

    def wanted(self, room: int) -> Sequence[Cell]:
        """What the strategies want, in their order, as far as there is room."""
        cells: list[Cell] = []
        while self._to_begin and len(cells) < room:
            cells += self._ask(self._to_begin.pop(0), 1)
        for strategy in self._strategies:
            if len(cells) >= room:
                break
            cells += self._ask(strategy, room - len(cells))
        return cells

    def tell(self, outcome: Outcome) -> None:
        """Told to the strategy that asked for it.  Raises ValueError when none did."""
        askers = self._asked_by[outcome.cell]
        if not askers:
            raise ValueError(f"nothing asked for {outcome.key}")
        asker = askers.popleft() if outcome.counted else askers[0]
        asker.tell(outcome)

    def _ask(self, strategy: Strategy, room: int) -> Sequence[Cell]:
        cells = () if strategy.done else strategy.wanted(room)
        for cell in cells:
            self._asked_by[cell].append(strategy)
        return cells

    def soon(self) -> Sequence[Cell]:
        """What may be wanted next, in the order of the strategies, each cell once."""
        return list(dict.fromkeys(cell for each in self._strategies for cell in each.soon()))

    @property
    def done(self) -> bool:
        """Whether all of them are."""
        return all(each.done for each in self._strategies)

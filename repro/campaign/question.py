"""What a campaign asks: its strategy, and the answer once that has come to its end.

A question is made anew from the campaign's own ``options``, so asking it first and going on with
it are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from pydantic import BaseModel

from repro.campaign.bisect import Bisect
from repro.campaign.changes import changes
from repro.campaign.repeat import Repeat, Together
from repro.campaign.strategy import Strategy
from repro.model.campaign import (
    CampaignKind,
    CampaignOptions,
    CellAnswer,
    CellsAnswer,
    VerifiedWorkaround,
    VerifyAnswer,
)
from repro.model.case import Repeat as Repetition
from repro.model.observation import EXIT_STATUS
from repro.model.phrase import Phrase, say, verdict
from repro.model.record import RunRecord
from repro.model.wording import Wording


class Question(Protocol):
    """One kind of campaign."""

    @property
    def strategy(self) -> Strategy:
        """Which cells it needs."""

    def answer(self) -> BaseModel:
        """What they show, also while some are still missing."""

    def cell_answers(self) -> Sequence[CellAnswer]:
        """What each cell that has come to an end shows so far."""

    def reasons(self) -> Sequence[str]:
        """Why the strategy chose what it chose, as far as it went; it only grows."""

    def headline(self) -> str:
        """The answer in a sentence."""

    def exit_status(self) -> int:
        """That of the command."""


def ask(kind: CampaignKind, options: CampaignOptions, look: Callable[[str], RunRecord]) -> Question:
    """The question of a campaign's kind.  ``look`` reads a run of it.

    Raises InputError for one that cannot be asked.
    """
    if kind == "bisect":
        return BisectQuestion(options)
    cells = [Repeat(cell, options.repeat.get(cell.case, Repetition())) for cell in options.cells]
    if kind == "verify":
        return VerifyQuestion(cells, look)
    return RunQuestion(cells) if kind == "run" else GridQuestion(cells)


class GridQuestion:
    """A verdict for each of some cells."""

    def __init__(self, cells: Sequence[Repeat]) -> None:
        self.cells = cells
        self.strategy: Strategy = Together(cells, wide=True)

    def cell_answers(self) -> Sequence[CellAnswer]:
        """In the order that they were asked for."""
        return [cell.answer() for cell in self.cells if cell.told]

    def reasons(self) -> Sequence[str]:
        """None: every cell is wanted."""
        return ()

    def answer(self) -> BaseModel:
        """Cell by cell."""
        return CellsAnswer(cells=tuple(self.cell_answers()))

    def headline(self) -> str:
        """How many of each verdict."""
        return tally(answer.verdict for answer in self.cell_answers())

    def exit_status(self) -> int:
        """Of several cells the worst: 0 when every one came to a verdict on the issue."""
        return max(
            (EXIT_STATUS[answer.verdict] for answer in self.cell_answers()
             if answer.verdict not in ("reproduced", "not-reproduced")),
            default=0,
        )  # fmt: skip


class RunQuestion(GridQuestion):
    """``repro run`` of several cases, or several runs: its exit status is that of a run."""

    def exit_status(self) -> int:
        """Of several cells, the highest."""
        return max(EXIT_STATUS[answer.verdict] for answer in self.cell_answers())


class VerifyQuestion(GridQuestion):
    """Each workaround against the case without it; the first cell is the control.

    ``look`` reads a run, for what the workaround changed.
    """

    def __init__(self, cells: Sequence[Repeat], look: Callable[[str], RunRecord]) -> None:
        super().__init__(cells)
        self._look = look

    def answer(self) -> VerifyAnswer:
        """Workaround by workaround."""
        control, *others = self.cell_answers()
        return VerifyAnswer(workarounds=tuple(self._verified(control, each) for each in others))

    def headline(self) -> str:
        """Which of them help."""
        found = self.answer().workarounds
        helping = [each.workaround for each in found if each.helps]
        return f"{len(helping)} of {len(found)} workarounds help" + (
            f": {', '.join(helping)}" if helping else ""
        )

    def exit_status(self) -> int:
        """0: all help; 1: one does not; 4: of one it cannot be told."""
        found = [each.helps for each in self.answer().workarounds]
        if False in found:
            return 1
        return 4 if None in found else 0

    def _verified(self, control: CellAnswer, with_it: CellAnswer) -> VerifiedWorkaround:
        changed: tuple[str, ...] = ()
        if control.runs and with_it.runs:
            changed = changes(self._look(control.runs[-1]), self._look(with_it.runs[-1]))
        helps, why = _helps(control, with_it)
        return VerifiedWorkaround.made(
            workaround=with_it.cell.workaround or "",
            helps=helps,
            why=why,
            control=control,
            with_it=with_it,
            changed=changed,
        )


class BisectQuestion:
    """The first affected and the first unaffected release."""

    def __init__(self, options: CampaignOptions) -> None:
        (cell,) = options.cells
        self.bisect = Bisect(
            cell,
            options.versions,
            good=options.good,
            bad=options.bad,
            repeat=options.repeat.get(cell.case, Repetition()),
            confidence=options.confidence,
            probes=options.probes,
        )
        self.strategy: Strategy = self.bisect

    def cell_answers(self) -> Sequence[CellAnswer]:
        """It shows steps, not cells."""
        return ()

    def reasons(self) -> Sequence[str]:
        """Each step with its reason."""
        return [f"{step.version}: {step.why}" for step in self.bisect.steps]

    def answer(self) -> BaseModel:
        """As far as it is known."""
        return self.bisect.answer().model_copy(update={"steps": tuple(self.bisect.steps)})

    def headline(self) -> str:
        """The boundaries in a sentence."""
        return self.bisect.answer().headline

    def exit_status(self) -> int:
        """0: answered; 4: abstained; 2: it was asked with ends that are not as said."""
        return {"answered": 0, "abstained": 4, "refused": 2}[self.bisect.answer().state]


def tally(verdicts: Iterable[str]) -> str:
    """``3 reproduced, 1 not-reproduced``, in the order of the verdicts' severity."""
    found = list(verdicts)
    counts = {name: found.count(name) for name in EXIT_STATUS if name in found}
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "no cells"


def _helps(control: CellAnswer, with_it: CellAnswer) -> tuple[bool | None, Phrase]:
    """It helps when the issue is there without it, and healthy holds with it."""
    if control.verdict != "reproduced":
        return None, say(Wording.NOT_SHOWN_WITHOUT, verdict=verdict(control.verdict))
    if with_it.verdict == "not-reproduced":
        return True, say(Wording.HELPS)
    if with_it.verdict == "environment-failed":
        return None, say(Wording.NOT_TRIED, reason=with_it.said("reason"))
    shown = verdict(with_it.verdict)
    return False, say(Wording.HELPS_NOT, verdict=shown, reason=with_it.said("reason"))

"""One issue on one OS in a recheck: its new releases, run, and a change of state confirmed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from repro.campaign.issue import Order, contradictions, state_of, state_without_versions
from repro.campaign.repeat import Repeat, Together
from repro.campaign.replace import is_lasting
from repro.model.campaign import CellAnswer, Outcome
from repro.model.case import Case
from repro.model.phrase import Phrase, Said, say, verdict
from repro.model.plan import Cell
from repro.model.recheck import Issue, State, VersionVerdict
from repro.model.wording import Wording
from repro.stats import rate_of


@dataclass
class Look:
    """Runs an issue's releases, then says what it is now.

    ``before`` is the issue as the last look left it.  A state that is not what it was is confirmed
    by running the release that decides it once more, unless the case says that its issue comes
    and goes: then ``repeat`` did that already.  ``ended`` is called once, with the issue.

    A case that names no product has one cell, and no releases: each look runs it.
    """

    case: Case
    digest: str
    cells: Sequence[Cell]
    order: Order
    before: Issue | None
    ended: Callable[[Look], None] = lambda _look: None
    outcomes: list[Outcome] = field(default_factory=list)
    _cells: dict[Cell, Repeat] = field(init=False)
    _together: Together = field(init=False)
    _confirming: Cell | None = None
    _over: bool = False
    _running: int = 0
    _ended: bool = False

    def __post_init__(self) -> None:
        self._cells = {cell: Repeat(cell, self.case.repeat) for cell in self.cells}
        self._together = Together(list(self._cells.values()))

    # -- as a strategy -------------------------------------------------------------------

    def wanted(self, room: int) -> Sequence[Cell]:
        """The releases first, then perhaps the one that decides once more."""
        cells: Sequence[Cell] = ()
        if not self._together.done:
            cells = self._together.wanted(room)
        elif self._confirming is None and room > 0 and (cell := self._to_confirm()) is not None:
            self._confirming = cell
            cells = [cell]
        self._running += len(cells)
        return cells

    def tell(self, outcome: Outcome) -> None:
        """One run came to its end."""
        if self._confirming is None:
            self._together.tell(outcome)
        if not outcome.counted:
            return
        self.outcomes.append(outcome)
        self._running -= 1
        self._over = self._confirming is not None
        if not self._running and self.done:
            self._ended = True
            self.ended(self)

    def soon(self) -> Sequence[Cell]:
        """What is run next."""
        return self._together.soon()

    @property
    def done(self) -> bool:
        """Whether the issue's state is known, as far as it can be."""
        if self._ended or self._confirming is not None:
            return self._ended or self._over
        return self._together.done and self._to_confirm() is None

    # -- what it comes to ----------------------------------------------------------------

    def issue(self) -> Issue:
        """The issue as it is now."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        seen = self._seen(now)
        state = self._was.state if self._is_unconfirmed else self._state(seen)
        same = self.before is not None and self._was.state.is_like(state)
        first = self.cells[0]
        return Issue(
            case=self.case.id,
            os=first.os,
            topology=first.topology,
            digest=self.digest,
            state=state,
            since=self._was.since if same else now,
            looked=now,
            newest=max(seen, key=self.order, default=None) if self._has_releases else None,
            seen=seen,
            contradictions=tuple(map(str, self._contradictions(seen))),
        )

    def contradictions(self) -> tuple[Phrase, ...]:
        """Where it speaks against what the case says is known, a sentence each."""
        return self._contradictions(self._seen(""))

    def _contradictions(self, seen: Mapping[str, VersionVerdict]) -> tuple[Phrase, ...]:
        known = self.case.known if self._has_releases else None
        return contradictions(known, seen, self.order)

    def failures(self) -> list[Said]:
        """The releases that could not be run, with why; for good, and the same: it is said once."""
        ran = {answer.cell.version or "" for answer in self.answers()}
        return [
            say(Wording.RELEASE_FAILED, version=version, reason=found.said("reason"))
            if version
            else found.said("reason")
            for version, found in self._seen("").items()
            if version in ran
            and found.verdict == "environment-failed"
            and not self._was_said(version, found)
        ]

    def _was_said(self, version: str, found: VersionVerdict) -> bool:
        earlier = self.before.seen.get(version) if self.before else None
        return found.lasting and earlier is not None and earlier.reason == found.reason

    @property
    def may_pass(self) -> bool:
        """Whether a release could not be run for a reason that may be gone next time."""
        return not all(found.is_done for found in self._seen("").values())

    @property
    def _is_unconfirmed(self) -> bool:
        """Whether the second run says nothing of the issue: then its state is what it was."""
        valid = ("reproduced", "not-reproduced")
        return self._over and self.outcomes[-1].verdict not in valid

    @property
    def _was(self) -> Issue:
        assert self.before is not None
        return self.before

    def answers(self) -> list[CellAnswer]:
        """What each release that was run shows."""
        return [each.answer() for each in self._cells.values() if each.told]

    @property
    def _has_releases(self) -> bool:
        return self.case.environment.product is not None

    def _state(self, seen: Mapping[str, VersionVerdict]) -> State:
        if self._has_releases:
            return state_of(seen, self.order)
        (found,) = seen.values()
        return state_without_versions(found, self.before.state if self.before else None)

    def _seen(self, now: str) -> dict[str, VersionVerdict]:
        kept = dict(self.before.seen) if self.before and self._was.digest == self.digest else {}
        for answer in self.answers():
            kept[answer.cell.version or ""] = VersionVerdict.made(
                verdict=answer.verdict,
                reason=answer.said("reason"),
                run=answer.runs[-1] if answer.runs else "",
                at=now,
                rate=answer.rate if self.case.repeat.runs > 1 else None,
                lasting=any(is_lasting(o) for o in self.outcomes if o.cell == answer.cell),
            )
        if self._confirming is not None and self._over:
            self._confirm(kept)
        return kept

    def _confirm(self, seen: dict[str, VersionVerdict]) -> None:
        """Only a second run that shows the same confirms a change; until then it is none.

        A release that showed both is neither: the issue comes and goes.
        """
        again = self.outcomes[-1]
        first = seen[again.cell.version or ""]
        if again.verdict == first.verdict:
            return
        told: dict[str, Any]
        if again.verdict == "environment-failed":
            reason = say(Wording.NOT_CONFIRMED, reason=again.said("reason"))
            told = {"verdict": again.verdict, "reason": reason}
        elif again.verdict in ("reproduced", "not-reproduced"):
            reason = say(Wording.ONE_AND_ANOTHER)
            told = {"reason": reason, "rate": rate_of(1, 2), "flaky": True}
        else:
            shown, why = verdict(again.verdict), again.said("reason")
            told = {"reason": say(Wording.NOT_CONFIRMED_BY, verdict=shown, reason=why)}
        seen[again.cell.version or ""] = first.copied(
            **{"verdict": "inconclusive", "lasting": False, **told}
        )

    def _to_confirm(self) -> Cell | None:
        """The cell whose verdict makes the state another one; None: it is as it was."""
        if self.before is None or self.case.repeat.runs > 1 or not self._together.done:
            return None
        seen = self._seen("")
        state = self._state(seen)
        if self._was.state.is_like(state) or state.name == "cannot-tell":
            return None
        valid = [c for c in self.cells if _decides(seen.get(c.version or ""))]
        return max(valid, key=lambda cell: self.order(cell.version or ""), default=None)


def _decides(found: VersionVerdict | None) -> bool:
    return found is not None and found.is_valid

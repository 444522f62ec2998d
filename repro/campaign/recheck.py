"""A look at a whole catalogue: what was released since the last one, run, and what it changed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from repro.campaign.issue import to_look_at
from repro.campaign.look import Look
from repro.campaign.planning import grid
from repro.campaign.releases import Profiles, releases_of
from repro.campaign.repeat import Together
from repro.casefile import LoadedCase
from repro.errors import ReproError, ServiceError
from repro.model.campaign import CellAnswer
from repro.model.case import Recheck as Asked
from repro.model.plan import Cell
from repro.model.recheck import Change, Issue, RecheckAnswer, States, Told, issue_key
from repro.plan import Overrides
from repro.settings import Settings
from repro.versions import Releases, order

#: The order of a night: what hurts most first.
_RANKS = {"critical": 0, "high": 1, "normal": 2, "low": 3}
#: Registries asked at a time.
_ASKED_AT_ONCE = 8


class Kept(Protocol):
    """Where the issues' states are kept."""

    @property
    def issues(self) -> Mapping[str, Issue]:
        """As the last look left them, by their keys."""

    @property
    def states(self) -> States:
        """With what was not told yet."""

    def keep(
        self, issue: Issue, changed: Collection[Change], contradictions: Collection[Told]
    ) -> None:
        """An issue as it is now, and what is to be told of it."""


@dataclass(frozen=True)
class Place:
    """A case on one of the OSes and topologies that it is to be looked at on."""

    loaded: LoadedCase
    base: Cell

    @property
    def key(self) -> str:
        """What its state is kept under."""
        return issue_key(self.base.case, self.base.os, self.base.topology)

    @property
    def has_releases(self) -> bool:
        """Whether there is a product whose releases are to be looked at."""
        return self.loaded.case.environment.product is not None


@dataclass
class Recheck:
    """One look.  ``looks`` are the issues with something to run, in the order of the night.

    Making it asks every registry once a product, whether there is anything new.
    """

    cases: Sequence[LoadedCase]
    kept: Kept
    profiles: Profiles
    settings: Settings
    cell_of: Callable[[LoadedCase, Overrides], Cell]
    oses: Sequence[str] = ()
    looks: list[Look] = field(init=False)
    strategy: Together = field(init=False)
    _titles: dict[str, str] = field(init=False)
    _changes: list[Change] = field(init=False)
    _said: list[Told] = field(init=False)
    _unchecked: list[Told] = field(default_factory=list)
    _places: int = 0

    def __post_init__(self) -> None:
        # What an earlier look found, and was ended before it could tell.
        self._changes = list(self.kept.states.changed)
        self._said = list(self.kept.states.contradictions)
        self._titles = {each.case.id: each.case.title for each in self.cases}
        places = [place for each in self.cases for place in self._places_of(each)]
        self._places = len(places)
        releases = self._releases([place for place in places if place.has_releases])
        found = [self._look(place, releases.get(place.key)) for place in places]
        looks = [look for look in found if look is not None]
        looks.sort(key=self._rank)
        self.looks = looks
        self.strategy = Together(looks)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All that are to be run."""
        return tuple(cell for look in self.looks for cell in look.cells)

    def answer(self) -> RecheckAnswer:
        """The digest so far."""
        return RecheckAnswer(
            issues=self._places,
            cells=sum(len(look.outcomes) for look in self.looks),
            changed=tuple(self._changes),
            contradictions=tuple(self._said),
            unchecked=tuple(self._unchecked),
            left=sum(not look.done for look in self.looks),
        )

    def cell_answers(self) -> Sequence[CellAnswer]:
        """What the cells that were run show."""
        return [answer for look in self.looks for answer in look.answers()]

    def reasons(self) -> Sequence[str]:
        """None: every cell is wanted."""
        return ()

    def headline(self) -> str:
        """One line of it."""
        found = self.answer()
        parts = [f"{found.issues} issues", f"{found.cells} runs", f"{len(found.changed)} changed"]
        if found.contradictions:
            parts.append(f"{len(found.contradictions)} against what is known")
        if found.unchecked:
            parts.append(f"{len(found.unchecked)} could not be checked")
        if found.left:
            parts.append(f"{found.left} left for the next look")
        return ", ".join(parts)

    def exit_status(self) -> int:
        """0: nothing to tell; 1: something changed, or speaks against what is known; 5: something
        could not be checked; 4: time was up before all was looked at.
        """
        found = self.answer()
        if found.changed or found.contradictions:
            return 1
        if found.unchecked:
            return 5
        return 4 if found.left else 0

    # -- making the looks ----------------------------------------------------------------

    def _places_of(self, loaded: LoadedCase) -> list[Place]:
        asked = loaded.case.recheck or Asked()
        try:
            base = self.cell_of(loaded, Overrides())
        except ReproError as error:
            self._cannot(loaded.case.id, loaded.case.environment.os, error)
            return []
        cells = grid(base, asked.os, (), asked.topology)
        return [Place(loaded, cell) for cell in cells if not self.oses or cell.os in self.oses]

    def _releases(self, places: Sequence[Place]) -> dict[str, Releases | ReproError]:
        """What was released, for each place; every registry is asked once for the same thing."""
        asked: dict[str, str] = {place.key: self._question(place) for place in places}
        first = {question: place for place, question in zip(places, asked.values(), strict=True)}

        def ask(place: Place) -> Releases | ReproError:
            try:
                return releases_of(
                    place.loaded, self.profiles, self.settings, os=place.base.os, max_age=0
                )
            except ReproError as error:
                return error

        with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
            answers = dict(zip(first, pool.map(ask, first.values()), strict=True))
        return {key: answers[question] for key, question in asked.items()}

    def _look(self, place: Place, releases: Releases | ReproError | None) -> Look | None:
        case = place.loaded.case
        before = self.kept.issues.get(place.key)
        known = before if before and before.digest == place.loaded.digest else None
        if releases is None:
            return Look(case, place.loaded.digest, [place.base], str, known, self._ended)
        if isinstance(releases, ReproError):
            self._cannot(case.id, place.base.os, releases)
            return None
        baseline = (case.environment.version, case.known.fixed if case.known else None)
        key = order(releases.purl.partition(":")[2].partition("/")[0])
        try:
            for named in (case.known.introduced, case.known.fixed) if case.known else ():
                if named is not None:
                    key(named)  # what is no version is told before anything is run
            versions = to_look_at(
                (case.recheck or Asked()).versions,
                releases,
                known.seen if known else {},
                known.newest if known else None,
                baseline,
            )
        except ReproError as error:
            self._cannot(case.id, place.base.os, error)
            return None
        if not versions:
            return None
        cells = grid(place.base, versions=versions)
        return Look(case, place.loaded.digest, cells, key, known, self._ended)

    def _cannot(self, case: str, os: str, error: ReproError) -> None:
        cause = f": {error.cause}" if isinstance(error, ServiceError) and error.cause else ""
        self._unchecked.append(Told(case=case, os=os, text=f"{error.what}{cause}"))

    def _rank(self, look: Look) -> tuple[int, str, str]:
        """Severity, then the one that was not looked at for longest."""
        looked = look.before.looked if look.before else ""
        return _RANKS[look.case.severity], looked, look.case.id

    # -- while it goes on ----------------------------------------------------------------

    def _ended(self, look: Look) -> None:
        """An issue's look is over: keep it, and note what is to be told."""
        issue = look.issue()
        case, os = issue.case, issue.os
        before = self.kept.issues.get(issue.key)
        failures = look.failures()
        self._unchecked += [Told.made(case=case, os=os, text=text) for text in failures]
        corrected = before is not None and before.digest != issue.digest
        if failures and (
            not any(found.is_done for found in issue.seen.values()) or (corrected and look.may_pass)
        ):
            return  # too little was learnt: the state is what it was
        changed = []
        if before is None or not before.state.is_like(issue.state):
            changed.append(
                Change(
                    case=case,
                    title=self._titles[case],
                    os=os,
                    topology=issue.topology,
                    before=before.state if before else None,
                    after=issue.state,
                    since=issue.since,
                    run=next((o.run for o in reversed(look.outcomes) if o.run), ""),
                )
            )
        told = before.contradictions if before else ()
        new = [text for text in look.contradictions() if str(text) not in told]
        said = [Told.made(case=case, os=os, text=text) for text in new]
        self.kept.keep(issue, changed, said)
        self._changes += changed
        self._said += said

    def _question(self, place: Place) -> str:
        """Equal for places whose releases are the same."""
        spec = place.loaded.case.environment.product
        assert spec is not None, "only places with releases are asked for"
        purl = spec.purl or ""
        with contextlib.suppress(ReproError):
            purl = purl or self.profiles.product(spec.name or "").purl
        return f"{spec.name} {spec.purl} {place.base.os if purl.startswith('pkg:deb/') else ''}"

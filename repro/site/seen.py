"""What the runs of an issue show, by OS, topology and version.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

from repro.model.observation import Rate
from repro.model.recheck import Issue, VersionVerdict
from repro.record.history import RunLine
from repro.site.about import About
from repro.stats import clean_runs_needed, rate_of

Kind = Literal["back", "open", "flaky", "cannot-tell", "fixed", "none"]
#: What hurts most first.
KINDS: tuple[Kind, ...] = ("back", "open", "flaky", "cannot-tell", "fixed", "none")


@dataclass(slots=True)
class Tally:
    """Runs of one cell.  ``other`` came to no verdict on the issue; ``run`` is the newest."""

    reproduced: int = 0
    clean: int = 0
    other: int = 0
    run: str = ""

    def add(self, verdict: str, run: str) -> None:
        """Count a run; the newest is given first."""
        self.run = self.run or run
        if verdict == "reproduced":
            self.reproduced += 1
        elif verdict == "not-reproduced":
            self.clean += 1
        else:
            self.other += 1

    @property
    def valid(self) -> int:
        """Runs with a verdict on the issue."""
        return self.reproduced + self.clean

    @property
    def rate(self) -> Rate | None:
        """How often it showed; None: there is no valid run."""
        return rate_of(self.reproduced, self.valid)


class Standing(NamedTuple):
    """Where an issue stands in one place.

    ``rechecked``: by a nightly look; else by the newest version that was run.
    """

    kind: Kind
    version: str | None = None
    since: str = ""
    why: str = ""
    rechecked: bool = False


@dataclass
class Place:
    """An OS and a topology.  ``cells`` are by version; ``state`` is that of the last look."""

    os: str
    topology: str
    cells: dict[str, Tally] = field(default_factory=dict)
    state: Issue | None = None
    newest: tuple[str, str, str] = ("", "", "")

    def add(self, run: RunLine) -> None:
        """Count a run without a workaround; the newest is given first."""
        version = run.version or ""
        self.cells.setdefault(version, Tally()).add(run.verdict, run.run)
        if not self.newest[0] and run.verdict in ("reproduced", "not-reproduced"):
            self.newest = (run.verdict, version, run.started)

    def take(self, state: Issue) -> None:
        """Take a state, and what it rests on where the history does not know of it."""
        if self.state is not None and self.state.looked >= state.looked:
            return
        self.state = state
        for version, seen in state.seen.items():
            if version not in self.cells:
                self.cells[version] = _remembered(seen)

    @cached_property
    def standing(self) -> Standing:
        """The state of the last look; else what the newest run with a verdict showed."""
        if self.state is not None:
            state = self.state.state
            return Standing(state.name, state.version, self.state.since, state.why, rechecked=True)
        verdict, version, at = self.newest
        if not verdict:
            return Standing("none")
        kind: Kind = "open" if verdict == "reproduced" else "fixed"
        return Standing(kind, version or None, at)


def _remembered(seen: VersionVerdict) -> Tally:
    rate = seen.rate
    if rate is not None:
        return Tally(rate.reproduced, rate.runs - rate.reproduced)
    made = Tally()
    made.add(seen.verdict, "")
    return made


class Helped(NamedTuple):
    """A workaround that was seen to help: clean runs with it beside ``control`` without it."""

    name: str
    os: str
    version: str | None
    with_it: Rate
    control: Rate
    run: str


@dataclass
class KnownIssue:
    """A case, and all that is known of it."""

    case: str
    title: str
    about: About
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    helped: tuple[Helped, ...] = ()
    runs: int = 0
    last: str = ""
    reproduced: int = 0
    valid: int = 0

    def add(self, runs: Iterable[RunLine]) -> None:
        """Count its runs, the newest first."""
        for run in runs:
            self.runs += 1
            self.last = self.last or run.started
            if run.workaround is None:
                self.place(run.os, run.topology).add(run)
                self.reproduced += run.verdict == "reproduced"
                self.valid += run.verdict in ("reproduced", "not-reproduced")

    def place(self, os: str, topology: str) -> Place:
        """The one of this name; made where it is not there."""
        key = os, topology
        if key not in self.places:
            self.places[key] = Place(os, topology)
        return self.places[key]

    @property
    def here(self) -> list[Place]:
        """Its places, by name."""
        return [self.places[key] for key in sorted(self.places)]

    @cached_property
    def worst(self) -> Standing:
        """That of the place where it is worst; of several, the latest change."""
        found = [place.standing for place in self.places.values()]
        found.sort(key=lambda each: each.since, reverse=True)
        return min(found, key=lambda each: KINDS.index(each.kind), default=Standing("none"))


def helped(runs: Iterable[RunLine]) -> tuple[Helped, ...]:
    """The workarounds that were seen to help, by the newest campaign that shows it.

    One helps where, in the same campaign, the issue showed without it, and as many clean runs as
    that rate takes were made with it, and no other.
    """
    groups: dict[tuple[str, str, str | None, str], dict[str | None, Tally]] = {}
    for run in runs:
        if run.campaign:
            cell = run.campaign, run.os, run.version, run.topology
            tallies = groups.setdefault(cell, {})
            tallies.setdefault(run.workaround, Tally()).add(run.verdict, run.run)
    found: dict[str, Helped] = {}
    for cell, tallies in groups.items():
        for each in _helping(cell[1], cell[2], tallies):
            found.setdefault(each.name, each)
    return tuple(found[name] for name in sorted(found))


def _helping(os: str, version: str | None, tallies: dict[str | None, Tally]) -> Iterator[Helped]:
    control = tallies.get(None, Tally()).rate
    if control is None or not control.reproduced:
        return
    for name, tally in tallies.items():
        rate = tally.rate
        if name is None or rate is None or rate.reproduced or tally.other:
            continue
        if rate.runs >= clean_runs_needed(control):
            yield Helped(name, os, version, rate, control, tally.run)

"""`repro bisect` on made-up histories whose truth is known.  No engine, no network.

Usage: simulation.py [HISTORIES [SEED [WORD]]]; WORD chooses histories whose group holds it.
An issue is in one stretch of 4 to 400 releases, which may begin with the oldest and end with the
newest.  Two in five are steady; the others show in 5 % to 100 % of the runs, and their case says
so by its `repeat`.  Every tenth run ends by a fault of the environment, which is replaced as the
driver does it; in every eighth history releases at an end, or a few within, cannot be prepared.
"""

from __future__ import annotations

import math
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from repro.campaign.bisect import Bisect
from repro.campaign.replace import CAP
from repro.model.bisection import BisectAnswer
from repro.model.campaign import Outcome
from repro.model.case import Repeat
from repro.model.observation import VerdictName
from repro.model.plan import Cell

FAULTS = 0.1
STEADY_SHARE = 0.4
BROKEN_SHARE = 0.125


@dataclass(frozen=True)
class History:
    """The truth: affected from ``introduced`` until before ``fixed``, by index.

    ``fixed`` is the number of releases where it is not; ``named`` is the version of the case.
    """

    releases: int
    introduced: int
    fixed: int
    named: int
    rate: float
    steady: bool
    broken: frozenset[int] = frozenset()
    gap: range = range(0)

    def affected(self, index: int) -> bool:
        """The truth about a release; ``gap`` is clean again, within the stretch."""
        return self.introduced <= index < self.fixed and index not in self.gap

    @cached_property
    def versions(self) -> tuple[str, ...]:
        return tuple(f"{index // 10}.{index % 10}" for index in range(self.releases))

    @property
    def boundaries(self) -> int:
        return (self.introduced > 0) + (self.fixed < self.releases)

    @property
    def bound(self) -> int:
        """The most runs that a steady issue takes: s·ceil(log2 n) + 3, and ceil(log2 n) more to
        find the edge of a stretch that cannot be run.
        """
        searches = self.boundaries + bool(self.broken)
        return searches * math.ceil(math.log2(self.releases)) + 3

    @property
    def group(self) -> str:
        if self.steady:
            return "steady"
        bands = (0.1, 0.2, 0.4, 0.7, 1.0)
        high = next(band for band in bands if self.rate <= band)
        return f"shows in up to {high * 100:.0f} %"


def make(dice: random.Random) -> History:
    """A random history; rates that come and go are drawn evenly over their logarithm."""
    releases = round(math.exp(dice.uniform(math.log(4), math.log(400))))
    kind = dice.random()
    introduced = 0 if kind < 0.25 else dice.randint(1, releases - 1)
    kind = dice.random()
    fixed = releases if kind < 0.25 else dice.randint(introduced + 1, releases)
    steady = dice.random() < STEADY_SHARE
    rate = 1.0 if steady else math.exp(dice.uniform(math.log(0.05), 0))
    named = dice.randrange(introduced, fixed)
    broken: frozenset[int] = frozenset()
    if dice.random() < BROKEN_SHARE:
        broken = _broken(dice, releases) - {named}
    return History(releases, introduced, fixed, named, rate, steady, broken)


def _broken(dice: random.Random, releases: int) -> frozenset[int]:
    length = dice.randint(1, max(1, releases // 3))
    start = dice.choice((0, releases - length, dice.randrange(releases)))
    return frozenset(range(start, min(start + length, releases)))


@dataclass
class Played:
    """What came of a history.  ``valid``: runs that the environment did not fail; ``skipped``:
    tries of releases that could not be run, each replaced as often as the driver does it.
    """

    history: History
    answer: BisectAnswer
    valid: int = 0
    skipped: int = 0

    @property
    def right(self) -> bool:
        """Both boundaries are where the truth is, but for releases that cannot be run."""
        history, answer = self.history, self.answer
        return _agrees(history, answer, "introduced") and _agrees(history, answer, "fixed")

    @property
    def honest(self) -> bool:
        """Every boundary that is named is one: its two sides differ as it says."""
        known = {version: index for index, version in enumerate(self.history.versions)}
        return all(
            (each.before is None or self.history.affected(known[each.before]))
            != (each.after is None or self.history.affected(known[each.after]))
            for each in self.answer.boundaries
            if each.before and each.after
        )


def _agrees(history: History, answer: BisectAnswer, kind: str) -> bool:
    index = history.introduced if kind == "introduced" else history.fixed
    truth = history.versions[index] if index < history.releases else None
    boundary = next((each for each in answer.boundaries if each.kind == kind), None)
    if boundary is None:
        said = answer.first_affected if kind == "introduced" else answer.first_fixed
        return said == truth
    return truth in {boundary.after, *boundary.between} or (
        kind == "fixed" and truth is None and boundary.after is None
    )


def play(history: History, dice: random.Random, **options: Any) -> Played:
    """Bisect it, with a fault in every tenth run."""
    base = Cell(
        case="simulated", os="none", topology="none", backend="none",
        version=history.versions[history.named],
    )  # fmt: skip
    search = Bisect(
        base, history.versions, repeat=Repeat(runs=1 if history.steady else 20), **options
    )
    played = Played(history, search.answer())
    while cells := search.wanted(1):
        for cell in cells:
            search.tell(_run(played, cell, dice))
    assert search.done
    played.answer = search.answer()
    assert played.answer.evaluations == played.valid, "a fault was taken for a verdict"
    return played


def _run(played: Played, cell: Cell, dice: random.Random) -> Outcome:
    index = played.history.versions.index(str(cell.version))
    verdict: VerdictName = "environment-failed"
    for _ in range(CAP + 1):
        verdict = _once(played.history, index, dice)
        if verdict != "environment-failed":
            played.valid += 1
            break
    else:
        played.skipped += 1
    return Outcome(key=f"{cell}#", cell=cell, run="r", verdict=verdict, reason=verdict)


def _once(history: History, index: int, dice: random.Random) -> VerdictName:
    if index in history.broken or dice.random() < FAULTS:
        return "environment-failed"
    return (
        "reproduced"
        if history.affected(index) and dice.random() < history.rate
        else "not-reproduced"
    )


def simulate(count: int, seed: int) -> Iterable[tuple[Played, float]]:
    """So many histories, each with the seconds that its search took."""
    for number in range(count):
        dice = random.Random(f"{seed}-{number}")
        history = make(dice)
        clock = time.process_time()
        played = play(history, dice)
        yield played, time.process_time() - clock


def _percent(part: int, whole: int) -> str:
    return f"{part / whole * 100:6.1f} %" if whole else "     - "


def report(played: Sequence[tuple[Played, float]]) -> str:
    """The table."""
    groups: dict[str, list[tuple[Played, float]]] = defaultdict(list)
    for each in played:
        groups["all"].append(each)
        groups[each[0].history.group].append(each)
        if each[0].history.broken:
            groups["some cannot be run"].append(each)
    lines = [f"{'':22}   n  answered     right  runs: median  p90   max  seconds"]
    for name in sorted(groups, key=lambda name: (name != "all", name)):
        rows = groups[name]
        answered = [each for each, _ in rows if each.answer.state == "answered"]
        right = sum(each.right for each in answered)
        runs = sorted(each.answer.evaluations for each, _ in rows)
        lines.append(
            f"{name:22}{len(rows):4} {_percent(len(answered), len(rows)):>9} "
            f"{_percent(right, len(answered)):>9} {statistics.median(runs):13.0f} "
            f"{runs[int(len(runs) * 0.9)]:5} {runs[-1]:5} {sum(took for _, took in rows):7.1f}"
        )
    return "\n".join([*lines, bounds([each for each, _ in played])])


def bounds(played: Sequence[Played]) -> str:
    """How steady ones keep to their bound."""
    lines = []
    for broken in (False, True):
        rows = [
            each for each in played if each.history.steady and bool(each.history.broken) == broken
        ]
        over = [each.answer.evaluations - each.history.bound for each in rows]
        tries = [each.skipped for each in rows]
        lines.append(
            f"steady, {'some' if broken else 'none'} broken: {sum(each > 0 for each in over)} of "
            f"{len(rows)} over the bound, nearest {max(over, default=0):+}; runs to bound "
            f"{statistics.mean(each.answer.evaluations / each.history.bound for each in rows):.0%} "
            f"on average; skipped at most {max(tries, default=0)}"
        )
    return "\n".join(lines)


def coming_back(count: int, seed: int) -> str:
    """Steady histories that are clean again for a while, within the affected stretch."""
    found = honest = 0
    for number in range(count):
        dice = random.Random(f"back-{seed}-{number}")
        releases = dice.randint(20, 400)
        introduced, start, end, fixed = sorted(dice.sample(range(releases), 4))
        named = dice.choice([*range(introduced, start), *range(end, fixed)])
        history = History(
            releases, introduced, fixed, named, rate=1.0, steady=True, gap=range(start, end)
        )
        played = play(history, dice)
        found += not played.answer.monotonic
        honest += played.honest
    return (
        f"coming back: {count}, shown in {_percent(found, count).strip()}, every boundary named is "
        f"one in {_percent(honest, count).strip()}"
    )


def undeclared(count: int, seed: int) -> str:
    """Issues that come and go, of which the case says nothing; they show in 50 % to 95 %."""
    noticed = right = answered = 0
    for number in range(count):
        dice = random.Random(f"undeclared-{seed}-{number}")
        history = replace(make(dice), steady=True, rate=dice.uniform(0.5, 0.95), broken=frozenset())
        played = play(history, dice)
        noticed += played.answer.nature == "comes-and-goes"
        answered += played.answer.state == "answered"
        right += played.answer.state == "answered" and played.right
    return (
        f"comes and goes, undeclared: {count}, noticed in {_percent(noticed, count).strip()}, "
        f"answered {_percent(answered, count).strip()}, right {_percent(right, answered).strip()}"
    )


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    word = sys.argv[3] if len(sys.argv) > 3 else ""
    played = list(simulate(count, seed))
    print(report(played))
    print(coming_back(count // 10, seed))
    print(undeclared(count // 10, seed))
    for each, _ in played:
        wrong = each.answer.state == "answered" and not each.right
        if word and (wrong or each.answer.state != "answered"):
            print(each.answer.state, each.history, each.answer.headline)
    answered = [each for each, _ in played if each.answer.state == "answered"]
    right = sum(each.right for each in answered)
    return 0 if len(answered) >= 0.95 * count and right >= 0.99 * len(answered) else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""What a bisection says while it goes on: why a version is run, what it showed, what is left."""

from __future__ import annotations

from collections.abc import Sequence

from repro.campaign.seen import Tally
from repro.campaign.view import Search, View
from repro.model.bisection import Stretch
from repro.model.campaign import Outcome
from repro.model.phrase import Phrase, Said, say
from repro.model.wording import Wording

_STATES = {"affected": Wording.AFFECTED, "clean": Wording.CLEAN, "unknown": Wording.UNKNOWN}
_SHOWED = {"reproduced": "affected: reproduced", "not-reproduced": "not reproduced"}


def share(chance: float) -> str:
    """``83 %``; never 100 % of what is less."""
    percent = f"{chance * 100:.0f}"
    if percent == "100" and chance < 1:
        percent = f"{min(chance, 0.9999) * 100:.2f}".rstrip("0").rstrip(".")
    return f"{percent} %"


def count(number: int, noun: str) -> str:
    """``1 release``, ``2 releases``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def runs(number: int) -> Phrase:
    """``1 run``, ``2 runs``."""
    return say(Wording.ONE_RUN) if number == 1 else say(Wording.RUNS, count=number)


def one_of(names: Sequence[str]) -> Said:
    """``4.0``; ``one of 3.9, 4.0``; ``one of the 12 from 3.0 to 4.0``."""
    if len(names) == 1:
        return names[0]
    if len(names) > 3:
        return say(Wording.ONE_OF_MANY, count=len(names), first=names[0], last=names[-1])
    return say(Wording.ONE_OF, versions=", ".join(names))


def end(*, oldest: bool, good: bool, bad: bool) -> Phrase:
    """Why one of the two ends is run."""
    which = say(Wording.OLDEST if oldest else Wording.NEWEST)
    wording = Wording.END_GOOD if good else Wording.END_BAD if bad else Wording.END
    return say(wording, end=which)


def known(tally: Tally, *, named: bool) -> Phrase:
    """Why the version that is said to be affected is run."""
    what = say(Wording.SAID_AFFECTED if named else Wording.THE_NEWEST)
    if not tally.runs:
        return say(Wording.KNOWN, what=what)
    return say(Wording.KNOWN_AGAIN, what=what, runs=runs(tally.clean), number=tally.runs + 1)


def odd(tally: Tally) -> Phrase:
    """Why a clean version between affected ones is run again."""
    return say(Wording.ODD, runs=runs(tally.clean))


def probe(older: str, newer: str, *, affected: bool) -> Phrase:
    """Why a version in the middle of nowhere is run."""
    wording = Wording.PROBE_AFFECTED if affected else Wording.PROBE_CLEAN
    return say(wording, older=older, newer=newer)


def first(where: Search) -> Phrase:
    """What a search looks for."""
    return say(Wording.FIRST_AFFECTED if where.side == "older" else Wording.FIRST_WITHOUT)


def search(found: View, where: Search, index: int, tallies: Sequence[Tally]) -> Phrase:
    """Why a version is run that may be beyond a boundary."""
    what, likely = first(where), _likely(found, where, index)
    if found.steady:
        left = sum(weight > 0 for weight in where.weights)
        return say(Wording.PARTS, what=what, count=left, likely=likely)
    if tallies[index].runs:
        number = tallies[index].runs + 1
        return say(Wording.TELLS_MOST_AGAIN, what=what, likely=likely, number=number)
    return say(Wording.TELLS_MOST, what=what, likely=likely)


def _likely(found: View, where: Search, index: int) -> Phrase:
    affected = share(sum(where.weights[where.where.outward.index(index) + 1 :]))
    able = found.chances[index]
    if able < 1:
        return say(Wording.LIKELY_TO_RUN, affected=affected, able=share(able))
    return say(Wording.LIKELY, affected=affected)


def learn(rate: float) -> Phrase:
    """Why a version is run that is known to be affected."""
    return say(Wording.LEARN, rate=share(rate))


def showed(tally: Tally, outcome: Outcome) -> str:
    """What a run showed, and what is known of its version with it."""
    if outcome.verdict in _SHOWED:
        said = _SHOWED[outcome.verdict]
        if tally.runs > 1:
            said += f" ({tally.reproduced} of {count(tally.runs, 'run')})"
        return said
    what = f"{outcome.verdict}: {outcome.reason}"
    return f"skipped, {what}" if tally.skipped else f"says nothing of the issue, {what}"


def left(versions: Sequence[str], found: View) -> str:
    """What is still to be found."""
    if not found.shape.clusters:
        return "no release has shown the issue yet"
    said = [_left(versions, found, each) for each in found.searches if not each.settled]
    if found.shape.odd:
        names = ", ".join(versions[index] for index in sorted(found.shape.odd))
        said.append(f"whether {names} is clean between affected releases")
    return "; ".join(said) or "no boundary is left to be found"


def _left(versions: Sequence[str], found: View, where: Search) -> str:
    what = "first affected" if where.side == "older" else "first without it"
    if found.steady:
        able = [each for each, weight in enumerate(where.weights) if weight > 0]
        ends = (able[0], able[-1]) if where.side == "newer" else (able[-1], able[0])
        names = " to ".join(str(named(versions, where, each)) for each in ends)
        return f"{what}: one of {len(able)}, {names}"
    return f"{what}: {likely(versions, where, most=2)}"


def named(versions: Sequence[str], where: Search, hypothesis: int) -> Said:
    """The version that is first beyond the boundary, in order of release."""
    if where.side == "older":
        return versions[where.last(hypothesis)]
    index = where.next(hypothesis)
    return say(Wording.NONE_SO_FAR) if index is None else versions[index]


def likely(versions: Sequence[str], where: Search, most: int = 4) -> Phrase:
    """``4.2.0 (83 %) or 4.3.0 (15 %)``."""
    found, *others = (_candidate(versions, where, each) for each in where.named[:most])
    for other in others:
        found = say(Wording.OR_LIKELY, likelier=found, other=other)
    return found


def _candidate(versions: Sequence[str], where: Search, hypothesis: int) -> Phrase:
    version = named(versions, where, hypothesis)
    return say(Wording.CANDIDATE, version=version, confidence=share(where.weights[hypothesis]))


def in_turn(stretches: Sequence[Stretch]) -> Phrase:
    """``clean 1.0 to 1.4, affected 1.5``."""
    found, *others = (_stretch(each) for each in stretches)
    for other in others:
        found = say(Wording.AND_THEN, first=found, next=other)
    return found


def _stretch(found: Stretch) -> Phrase:
    state = say(_STATES[found.state])
    if found.first == found.last:
        return say(Wording.STRETCH_OF_ONE, state=state, version=found.first)
    return say(Wording.STRETCH, state=state, first=found.first, last=found.last)

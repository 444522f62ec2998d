"""What a bisection says while it goes on: why a version is run, what it showed, what is left."""

from __future__ import annotations

from collections.abc import Sequence

from repro.campaign.seen import Tally
from repro.campaign.view import Search, View
from repro.model.campaign import Outcome

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


def one_of(names: Sequence[str]) -> str:
    """``4.0``; ``one of 3.9, 4.0``; ``one of the 12 from 3.0 to 4.0``."""
    if len(names) == 1:
        return names[0]
    if len(names) > 3:
        return f"one of the {len(names)} from {names[0]} to {names[-1]}"
    return f"one of {', '.join(names)}"


def end(oldest: bool, good: bool, bad: bool) -> str:
    """Why one of the two ends is run."""
    named = ", said to be without the issue" if good else ", said to be affected" if bad else ""
    return f"the {'oldest' if oldest else 'newest'} release of the search{named}: ends first"


def known(tally: Tally, *, named: bool) -> str:
    """Why the version that is said to be affected is run."""
    what = "said to be affected" if named else "the newest release"
    if not tally.runs:
        return f"{what}, and no other release has shown the issue yet"
    return f"{what}, clean in {count(tally.clean, 'run')} so far: run {tally.runs + 1}"


def odd(tally: Tally) -> str:
    """Why a clean version between affected ones is run again."""
    return f"clean in {count(tally.clean, 'run')} between affected releases: again, to be sure"


def probe(older: str, newer: str, *, affected: bool) -> str:
    """Why a version in the middle of nowhere is run."""
    state = "affected" if affected else "clean"
    return f"nobody looked between {older} and {newer}, which are both {state}: one look inside"


def probe_again() -> str:
    """Why such a version is run again."""
    return "the look inside, once more: one clean run says little of an issue that comes and goes"


def search(found: View, where: Search, index: int, tallies: Sequence[Tally]) -> str:
    """Why a version is run that may be beyond a boundary."""
    what = "the first affected release" if where.side == "older" else "the first without the issue"
    place = where.where.outward.index(index)
    affected = sum(where.weights[place + 1 :])
    said = f"{share(affected)} likely affected"
    if found.chances[index] < 1:
        said += f", {share(found.chances[index])} likely to run at all"
    if found.steady:
        left = sum(weight > 0 for weight in where.weights)
        return f"{what} is one of {left}; this one parts them ({said})"
    again = f", run {tallies[index].runs + 1} of it" if tallies[index].runs else ""
    return f"tells most about {what}: {said}{again}"


def learn(rate: float) -> str:
    """Why a version is run that is known to be affected."""
    return (
        f"affected for sure: how often it shows ({share(rate)} so far) says what clean runs weigh"
    )


def confirm() -> str:
    """Why a clean release next to a boundary is run once more."""
    return "the answer stands on it, and it was clean in one run: once more"


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
        names = " to ".join(named(versions, where, each) for each in ends)
        return f"{what}: one of {len(able)}, {names}"
    return f"{what}: {likely(versions, where, most=2)}"


def named(versions: Sequence[str], where: Search, hypothesis: int) -> str:
    """The version that is first beyond the boundary, in order of release."""
    if where.side == "older":
        return versions[where.last(hypothesis)]
    index = where.next(hypothesis)
    return "none so far" if index is None else versions[index]


def likely(versions: Sequence[str], where: Search, most: int = 4) -> str:
    """``4.2.0 (83 %) or 4.3.0 (15 %)``."""
    return " or ".join(
        f"{named(versions, where, each)} ({share(where.weights[each])})"
        for each in where.named[:most]
    )

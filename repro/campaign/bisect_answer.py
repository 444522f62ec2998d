"""The answer of a bisection, in values and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from repro.campaign import bisect_words as words
from repro.campaign.belief import OFTEN, Noise, believe
from repro.campaign.bisect_refusal import Refusal, refused
from repro.campaign.seen import Tally, missed_in
from repro.campaign.view import STEADY, Search, View
from repro.model.bisection import (
    BisectAnswer,
    Boundary,
    BoundaryKind,
    Candidate,
    Stretch,
    VersionSeen,
)
from repro.model.observation import Rate
from repro.model.phrase import Phrase, Said, each_of, say
from repro.model.wording import Wording
from repro.stats import describe, rate_of

#: What sums of chances may be off by.
_ROUNDING = 1e-9
#: Each kind of boundary: one that is known, and one with releases at it that could not be run.
_BOUNDARIES = {
    "introduced": (Wording.INTRODUCED, Wording.INTRODUCED_OR),
    "fixed": (Wording.FIXED, Wording.FIXED_OR),
    "back": (Wording.BACK, Wording.BACK_OR),
}
_OLDER, _NEWER = (Wording.ONE_OLDER, Wording.OLDER), (Wording.ONE_NEWER, Wording.NEWER)


@dataclass(frozen=True)
class _Facts:
    versions: Sequence[str]
    tallies: Sequence[Tally]
    view: View
    declared_steady: bool
    good: int | None


def answer(
    versions: Sequence[str],
    tallies: Sequence[Tally],
    view: View,
    refusal: Refusal | None,
    *,
    declared_steady: bool,
    good: int | None,
    confidence: float,
) -> BisectAnswer:
    """Everything that the runs say; ``confidence`` is the bound below which it abstains."""
    facts = _Facts(versions, tallies, view, declared_steady, good)
    shared: dict[str, Any] = {
        "versions": tuple(
            VersionSeen.made(
                version=version,
                runs=tally.runs,
                reproduced=tally.reproduced,
                skipped=tally.reason if tally.skipped else "",
            )
            for version, tally in zip(versions, tallies, strict=True)
            if tally.looked_at
        ),
        "rate": _rate(facts),
        "nature": "steady" if view.steady else "comes-and-goes",
        "evaluations": sum(tally.runs for tally in tallies),
    }
    if refusal:
        return BisectAnswer.made(state="refused", **refused(refusal, versions, tallies), **shared)
    return _answered(facts, confidence, shared)


# -- answered or abstained ---------------------------------------------------------------------


def _answered(facts: _Facts, confidence: float, shared: dict[str, Any]) -> BisectAnswer:
    view = facts.view
    sure = _confidences(facts)
    shown = [
        (search, chance)
        for search, chance in zip(view.searches, sure, strict=True)
        if not _outside(facts, search)
    ]
    together = max(0.0, 1 - sum(1 - chance for _, chance in shown)) if shown else 0.0
    found = bool(shown) and all(search.settled for search, _ in shown) and not view.shape.odd
    settled = found and together >= confidence - _ROUNDING
    stretches = _stretches(facts)
    said = [_sentence(facts, search, chance) for search, chance in shown]
    return BisectAnswer.made(
        state="answered" if settled else "abstained",
        headline=_headline(facts, said, stretches) if found else _doubt(facts),
        sentences=(*map(str, said), *_remarks(facts, shared, together)),
        cause="" if settled else say(Wording.LOW_CONFIDENCE, confidence=words.share(confidence)),
        action="" if settled else say(Wording.REPEAT if found else Wording.NARROW),
        first_affected=_first(facts, shown, "older") if settled else None,
        first_fixed=_first(facts, shown, "newer") if settled else None,
        boundaries=tuple(
            _boundary(facts, search, chance)
            for search, chance in shown
            if not (search.settled and _never_ends(search))
        ),
        stretches=stretches,
        monotonic=len(view.shape.clusters) <= 1,
        confidence=together,
        **shared,
    )


def _confidences(facts: _Facts) -> list[float]:
    """The chance of what each search found; a steady issue keeps the doubt whether it is."""
    view = facts.view
    if not view.steady:
        return [search.confidence for search in view.searches]
    noise = Noise(STEADY, sum(each.reproduced for each in facts.tallies), OFTEN)
    belief = believe(
        [search.where for search in view.searches], missed_in(facts.tallies, view.shape), noise
    )
    return [
        sum(weights[search.near : search.far + 1])
        for search, weights in zip(view.searches, belief.weights, strict=True)
    ]


def _outside(facts: _Facts, search: Search) -> bool:
    """The end of a search between two named releases: what is beyond was not asked."""
    return facts.good is not None and not search.where.outward and search.where.beyond is None


def _never_ends(search: Search) -> bool:
    """The cluster goes on to the end of the history."""
    return search.near == len(search.where.outward) and search.where.beyond is None


def _between(facts: _Facts, search: Search) -> tuple[str, ...]:
    found = search.where.outward[search.near : search.far]
    return tuple(facts.versions[index] for index in sorted(found))


def _boundary(facts: _Facts, search: Search, chance: float) -> Boundary:
    last = facts.versions[search.last(search.near)]
    index = search.next(search.far)
    beyond = None if index is None else facts.versions[index]
    older = search.side == "older"
    return Boundary(
        kind=_kind(search),
        before=beyond if older else last,
        after=last if older else beyond,
        between=_between(facts, search),
        confidence=chance,
        candidates=tuple(
            Candidate(version=_candidate(facts, search, each), confidence=search.weights[each])
            for each in search.named
        ),
    )


def _kind(search: Search) -> BoundaryKind:
    if search.side == "newer":
        return "fixed"
    return "back" if search.cluster else "introduced"


def _candidate(facts: _Facts, search: Search, hypothesis: int) -> str | None:
    index = search.last(hypothesis) if search.side == "older" else search.next(hypothesis)
    return None if index is None else facts.versions[index]


def _first(
    facts: _Facts, shown: Sequence[tuple[Search, float]], side: Literal["older", "newer"]
) -> str | None:
    """The first affected release, or the first fixed one, of the oldest affected stretch."""
    search = next((each for each, _ in shown if each.side == side and not each.cluster), None)
    if search is None:
        return None
    if side == "older":
        return facts.versions[search.last(search.near)]
    index = search.next(search.far)
    return None if index is None else facts.versions[index]


def _stretches(facts: _Facts) -> tuple[Stretch, ...]:
    """All releases by what is held of them, in order."""
    states: list[Literal["affected", "clean", "unknown"]] = ["clean"] * len(facts.versions)
    if not facts.view.searches:
        states = ["unknown"] * len(states)
    for search in facts.view.searches:
        likely = range(search.near, search.far + 1) if search.settled else search.named
        nearest, farthest = min(likely), max(likely)
        states[search.edge] = "affected"
        for place, index in enumerate(search.where.outward[:farthest]):
            states[index] = "affected" if place < nearest else "unknown"
    for first, last in facts.view.shape.clusters:
        states[first : last + 1] = ["affected"] * (last + 1 - first)
    return tuple(_grouped(facts.versions, states))


def _grouped(
    versions: Sequence[str], states: Sequence[Literal["affected", "clean", "unknown"]]
) -> list[Stretch]:
    found: list[Stretch] = []
    for version, state in zip(versions, states, strict=True):
        first = version
        if found and found[-1].state == state:
            first = found.pop().first
        found.append(Stretch(first=first, last=version, state=state))
    return found


# -- in words ----------------------------------------------------------------------------------


def _sentence(facts: _Facts, search: Search, chance: float) -> Phrase:
    older, name = search.side == "older", facts.versions[search.last(search.near)]
    if not search.settled:
        likely = words.likely(facts.versions, search)
        return say(Wording.CANNOT_TELL, what=words.first(search), likely=likely)
    index, between = search.next(search.far), _between(facts, search)
    if index is None:
        return _open_end(facts, name, between, older=older)
    beyond = facts.versions[index]
    version, other = (name, beyond) if older else (beyond, name)
    told = {"version": version, "other": other, "confidence": words.share(chance)}
    alone, among_others = _BOUNDARIES[_kind(search)]
    if not between:
        return say(alone, **told)
    which, tried = words.one_of(between), _not_run(facts, between)
    return say(among_others, **told, between=which, tried=tried)


def _open_end(facts: _Facts, name: str, between: Sequence[str], *, older: bool) -> Phrase:
    if not between:
        return say(Wording.OPEN_OLDEST if older else Wording.OPEN_NEWEST, version=name)
    one, several = _OLDER if older else _NEWER
    releases = say(one) if len(between) == 1 else say(several, count=len(between))
    wording = Wording.OPEN_OLDER if older else Wording.OPEN_NEWER
    return say(wording, version=name, releases=releases, tried=_not_run(facts, between))


def _not_run(facts: _Facts, names: Sequence[str]) -> Phrase:
    """Which of some releases were tried in vain; the others were not, as they hardly would run."""
    tried = sum(
        tally.skipped
        for version, tally in zip(facts.versions, facts.tallies, strict=True)
        if version in names
    )
    if tried == len(names):
        return say(Wording.NONE_RAN)
    return say(Wording.ONE_TRIED) if tried == 1 else say(Wording.SOME_TRIED, count=tried)


def _headline(facts: _Facts, said: Sequence[Phrase], stretches: Sequence[Stretch]) -> Said:
    if len(facts.view.shape.clusters) == 1:
        return each_of(said)
    return say(Wording.COMES_BACK, stretches=words.in_turn(stretches))


def _doubt(facts: _Facts) -> Said:
    view = facts.view
    if not view.shape.clusters:
        return say(Wording.NEVER_SHOWN, runs=_runs(facts))
    said = [
        _sentence(facts, search, search.confidence)
        for search in view.searches
        if not search.settled
    ]
    if view.shape.odd:
        names = ", ".join(facts.versions[index] for index in sorted(view.shape.odd))
        said.append(say(Wording.CANNOT_TELL_ODD, versions=names))
    return each_of(said)


def _runs(facts: _Facts) -> Phrase:
    return words.runs(sum(tally.runs for tally in facts.tallies))


def _rate(facts: _Facts) -> Rate | None:
    held = [
        tally
        for index, tally in enumerate(facts.tallies)
        if not facts.view.searches or facts.view.affected(index)
    ]
    return rate_of(sum(each.reproduced for each in held), sum(each.runs for each in held))


def _remarks(facts: _Facts, shared: dict[str, Any], confidence: float) -> list[str]:
    said = []
    both = [
        version
        for version, tally in zip(facts.versions, facts.tallies, strict=True)
        if tally.reproduced and tally.clean
    ]
    if facts.declared_steady and both:
        said.append(
            f"the case declares no `repeat`, but {both[0]} reproduced in one run and not in "
            "another: the issue comes and goes, and was searched for with that doubt"
        )
    if not facts.view.steady and facts.view.searches and shared["rate"]:
        said.append(f"on affected releases it showed in {describe(shared['rate'])}")
    said.append(f"confidence {words.share(confidence)}, from {_runs(facts)}")
    skipped = [each.version for each in shared["versions"] if each.skipped]
    if skipped:
        names = ", ".join(skipped[:5]) + (" …" if len(skipped) > 5 else "")
        said.append(f"{words.count(len(skipped), 'release')} could not be run: {names}")
    return said

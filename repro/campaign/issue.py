"""An issue on one OS: which releases to look at, and what their verdicts make of it.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from repro.model.case import Known
from repro.model.phrase import Phrase, say
from repro.model.recheck import State, VersionVerdict
from repro.model.wording import Wording
from repro.versions import Releases, choose, newer_than

#: An order of versions: a sort key, as ``versions.order`` makes it.
Order = Callable[[str], Any]


def to_look_at(
    text: str,
    releases: Releases,
    seen: Mapping[str, VersionVerdict],
    newest: str | None,
    baseline: Sequence[str | None],
) -> tuple[str, ...]:
    """The releases that a look should run, oldest first.

    ``newer``: what came after ``newest``; at the first look, ``baseline`` (the case's own version,
    the one that is known to fix it) and the newest.  Any other text: what it means, as far as it
    was not run yet.  Those that failed for reasons that pass are tried again.

    Raises VersionError for a text that means nothing.
    """
    done = {version for version, found in seen.items() if found.is_done}
    if text != "newer":
        wanted = set(choose(text, releases)) - done
    elif newest is None:
        named = [version for version in baseline if version in releases.versions]
        wanted = {*named, *(choose("latest", releases) if releases.releases else ())} - done
    else:
        again = {version for version in seen if version in releases.versions} - done
        wanted = (set(newer_than(newest, releases)) - done) | again
    return tuple(version for version in releases.versions if version in wanted)


def state_of(seen: Mapping[str, VersionVerdict], order: Order) -> State:
    """What the verdicts make of the issue.

    The newest release with a verdict on the issue decides; ``fixed in`` and ``back in`` name the
    oldest release since which all that were run are alike.
    """
    told = [v for v in sorted(seen, key=order) if seen[v].is_valid or seen[v].flaky]
    if told and seen[told[-1]].flaky:
        return State.made(name="flaky", why=say(Wording.FLAKY, version=told[-1]))
    valid = [(v, seen[v].verdict == "reproduced") for v in told if seen[v].is_valid]
    if not valid:
        return State.made(name="cannot-tell", why=say(Wording.NO_VERDICT))
    affected = [version for version, shows in valid if shows]
    since = _since(valid)
    if not valid[-1][1]:
        if affected:
            return State(name="fixed", version=since)
        return State.made(name="cannot-tell", why=say(Wording.NONE_SHOWS))
    back = affected[0] != since and affected.index(since) > 0
    return State(name="back", version=since) if back else State(name="open")


def state_without_versions(found: VersionVerdict, before: State | None) -> State:
    """What the newest run makes of an issue whose case names no product: it has no versions.

    One that showed before and does not now is fixed.  One that comes and goes stays so until the
    case says that it does (``repeat``).
    """
    if found.flaky:
        return State.made(name="flaky", why=found.said("reason"))
    if before is not None and (before.name == "flaky" or not found.is_valid):
        return before
    if found.verdict == "reproduced":
        was_gone = before is not None and before.name in ("fixed", "back")
        return State(name="back" if was_gone else "open")
    if before is None or before.name == "cannot-tell":
        why = say(Wording.NOT_YET_SHOWN) if found.is_valid else found.said("reason")
        return State.made(name="cannot-tell", why=why)
    return State(name="fixed")


def contradictions(
    known: Known | None, seen: Mapping[str, VersionVerdict], order: Order
) -> tuple[Phrase, ...]:
    """Where the verdicts speak against what the case believes, a sentence each."""
    if known is None:
        return ()
    shows = [v for v in sorted(seen, key=order) if seen[v].verdict == "reproduced"]
    clean = [v for v in sorted(seen, key=order) if seen[v].verdict == "not-reproduced"]
    found = []
    if known.introduced is not None:
        early = [v for v in shows if order(v) < order(known.introduced)]
        if early:
            found.append(say(Wording.INTRODUCED_EARLIER, known=known.introduced, version=early[0]))
    if known.fixed is not None:
        late = [v for v in shows if order(v) >= order(known.fixed)]
        if late:
            found.append(say(Wording.FIXED_NOT, known=known.fixed, version=late[-1]))
    elif clean and shows and order(clean[-1]) > order(shows[-1]):
        found.append(say(Wording.FIXED_UNSAID, version=clean[-1]))
    first = known.introduced
    wrong = [v for v in clean if _in_known(v, first, known.fixed, order)] if shows else []
    if wrong:
        found.append(say(Wording.KNOWN_WRONG, version=wrong[0]))
    return tuple(found)


def _in_known(version: str, first: str | None, fixed: str | None, order: Order) -> bool:
    """Whether a release lies in what is known to be affected; an open end is not relied on."""
    if fixed is None:
        return False
    after = first is None or order(version) >= order(first)
    return bool(after and order(version) < order(fixed))


def _since(valid: Sequence[tuple[str, bool]]) -> str:
    """The oldest release since which all are as the newest."""
    since, newest = valid[-1]
    for version, shows in reversed(valid):
        if shows != newest:
            break
        since = version
    return since

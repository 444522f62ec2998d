"""What cannot be bisected: before anything runs, and once the ends have been run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from repro.campaign.bisect_words import count, runs
from repro.campaign.seen import Tally
from repro.errors import VersionError
from repro.model.phrase import Said, say
from repro.model.wording import Wording


def refuse(versions: Sequence[str], good: str | None, bad: str | None) -> None:
    """Raises VersionError for what needs no run to be seen."""
    if len(versions) < 2:
        raise VersionError(
            f"there is nothing to search in {count(len(versions), 'release')}",
            cause="a boundary lies between two releases",
            action="give a wider range, or `repro run` the one that there is",
        )
    for name, version in (("good", good), ("bad", bad)):
        if version is not None and version not in versions:
            raise VersionError(
                f"{version}, named as {name}, is none of the {len(versions)} releases",
                cause=f"they go from {versions[0]} to {versions[-1]}",
                action="name one of these",
            )
    if good is not None and good == bad:
        raise VersionError(
            f"{good} is named as good and as bad",
            cause="left out, `--bad` is the version of the case, or else the newest",
            action="name two releases: one without the issue and one with it",
        )


@dataclass(frozen=True)
class Refusal:
    """Why there is nothing to search, found by running the ends."""

    why: Literal["good is bad", "swapped", "bad is good", "bad cannot be run", "both ends clean"]
    version: int | None = None


def refused(refusal: Refusal, versions: Sequence[str], tallies: Sequence[Tally]) -> dict[str, Said]:
    """What happened, the likely cause and what to do next, as fields of the answer."""
    if refusal.version is None:
        return _nothing_known(versions, tallies)
    name, tally = versions[refusal.version], tallies[refusal.version]
    if refusal.why == "good is bad":
        older = refusal.version == 0
        return {
            "headline": say(Wording.GOOD_IS_BAD, version=name),
            "cause": say(Wording.ISSUE_IS_OLDER if older else Wording.NOT_FIXED_THERE),
            "action": say(Wording.NAME_OLDER_GOOD if older else Wording.NAME_OTHER_GOOD),
        }
    if refusal.why == "swapped":
        return {
            "headline": say(Wording.SWAPPED, version=name),
            "cause": say(Wording.TWO_SWAPPED),
            "action": say(Wording.SWAP),
        }
    if refusal.why == "bad cannot be run":
        return {
            "headline": say(Wording.BAD_CANNOT_RUN, version=name),
            "cause": tally.reason,
            "action": say(Wording.NAME_OTHER_BAD),
        }
    return {
        "headline": say(Wording.BAD_IS_GOOD, version=name, runs=runs(tally.runs)),
        "cause": say(Wording.SOMETHING_MISSING),
        "action": say(Wording.REPRODUCE_FIRST),
    }


def _nothing_known(versions: Sequence[str], tallies: Sequence[Tally]) -> dict[str, Said]:
    clean = ", ".join(versions[each] for each in (0, -1) if tallies[each].clean)
    return {
        "headline": say(Wording.NONE_KNOWN),
        "cause": say(Wording.BOTH_CLEAN, versions=clean) if clean else say(Wording.NEITHER_RUNS),
        "action": say(Wording.NAME_BAD),
    }

"""What cannot be bisected: before anything runs, and once the ends have been run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from repro.campaign.bisect_words import count
from repro.campaign.seen import Tally
from repro.errors import VersionError


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


def refused(refusal: Refusal, versions: Sequence[str], tallies: Sequence[Tally]) -> dict[str, str]:
    """What happened, the likely cause and what to do next, as fields of the answer."""
    if refusal.version is None:
        return _nothing_known(versions, tallies)
    name, tally = versions[refusal.version], tallies[refusal.version]
    if refusal.why == "good is bad":
        older = refusal.version == 0
        return {
            "headline": f"{name}, named as good, is affected: it reproduced",
            "cause": "the issue is older" if older else "it is not fixed there, or is back",
            "action": f"name {'an older' if older else 'another'} release as good, or none",
        }
    if refusal.why == "swapped":
        return {
            "headline": f"{name}, named as good, is affected, and the one named as bad is not",
            "cause": "the two are swapped",
            "action": "name them the other way round: the search goes in both directions",
        }
    if refusal.why == "bad cannot be run":
        return {
            "headline": f"{name}, which is to be affected, cannot be run here",
            "cause": tally.reason,
            "action": "name another affected release with `--bad`, or another OS with `--os`",
        }
    return {
        "headline": f"{name} is to be affected, and did not reproduce in "
        f"{count(tally.runs, 'run')}",
        "cause": "something of the customer's environment is missing here, or the issue comes "
        "and goes",
        "action": "reproduce it on one release first with `repro run`; for an issue that comes "
        "and goes, give the case a `repeat`",
    }


def _nothing_known(versions: Sequence[str], tallies: Sequence[Tally]) -> dict[str, str]:
    clean = [versions[each] for each in (0, -1) if tallies[each].clean]
    return {
        "headline": "neither the oldest nor the newest release shows the issue, and no affected "
        "one is known",
        "cause": f"clean: {', '.join(clean)}" if clean else "neither of the two can be run here",
        "action": "name an affected release with `--bad`",
    }

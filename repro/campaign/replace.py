"""When a run that the environment failed is made once more.  Such a run is never counted."""

from __future__ import annotations

import re

from repro.model.campaign import Outcome

#: Of a cell, so many runs in a row are replaced at most.
CAP = 3
#: What package managers say when it was the network, and trying again may help.
_PASSING = re.compile(
    r"time[d]?[ -]?out|connection|temporary failure|reset by peer|broken pipe|\b50[0234]\b|"
    r"could not resolve|ECONNRESET|ETIMEDOUT|EAI_AGAIN|incomplete|hash sum mismatch",
    re.IGNORECASE,
)
#: Troubles that the same run would meet again.
_LASTING = frozenset({
    "PlanError", "ProfileError", "VersionError", "UnsupportedError", "CaseError", "InputError",
    "NotFoundError", "ServiceError",
})  # fmt: skip


def is_lasting(outcome: Outcome) -> bool:
    """Whether the environment failed for a reason that the next night will meet again."""
    if outcome.verdict != "environment-failed":
        return False
    if outcome.trouble in ("PrepareError", "SetupError"):
        return not _PASSING.search(outcome.reason)
    return outcome.trouble in _LASTING and outcome.trouble != "ServiceError"


def replacements(outcome: Outcome) -> int:
    """How many runs may take the place of one that ended like this; 0 for a valid one."""
    if outcome.verdict != "environment-failed" or outcome.trouble in _LASTING:
        return 0
    if outcome.trouble == "PrepareError":
        return 1 if _PASSING.search(outcome.reason) else 0
    if outcome.trouble == "SetupError":
        return 1
    return CAP

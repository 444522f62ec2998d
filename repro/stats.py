"""Rates and their bounds.  Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from repro.model.observation import Rate, Verdict
from repro.model.phrase import Phrase, say
from repro.model.wording import Wording

_Z95 = 1.959963984540054


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a rate.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    JASA 22 (1927).  Raises ValueError for no trials or more successes than trials.
    """
    if not 0 <= successes <= trials or trials == 0:
        raise ValueError(f"{successes} of {trials} is no rate")
    share = successes / trials
    denominator = 1 + _Z95**2 / trials
    centre = (share + _Z95**2 / (2 * trials)) / denominator
    half = _Z95 * math.sqrt(share * (1 - share) / trials + _Z95**2 / (4 * trials**2)) / denominator
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return low, high


def missed_below(clean_runs: int, confidence: float = 0.95) -> float:
    """The rate that an issue must stay below to be missed in so many runs, at this confidence.

    The exact one-sided binomial bound for no success: 1 - (1 - confidence)^(1/n).
    """
    if clean_runs < 1:
        return 1.0
    return float(1 - (1 - confidence) ** (1 / clean_runs))


def clean_runs_needed(rate: Rate | float, confidence: float = 0.95) -> int:
    """How many clean runs in a row rule out an issue that shows at this rate.

    The smallest n with (1 - rate)^n <= 1 - confidence; of a Rate, its share is taken.  Raises
    ValueError for a rate of 0 or less, which no number of runs rules out, or above 1.
    """
    share = rate.reproduced / rate.runs if isinstance(rate, Rate) else rate
    if not 0 < share <= 1:
        raise ValueError(f"a rate of {share} cannot be ruled out")
    if share == 1:
        return 1
    # A rate that was made from n runs comes back as n, whatever the last bit says.
    return max(1, math.ceil(math.log(1 - confidence) / math.log1p(-share) - 1e-9))


def sprt(
    successes: int, trials: int, low: float, high: float, error: float = 0.05
) -> Literal["low", "high"] | None:
    """Whether a rate is rather ``low`` than ``high``, or the reverse; None: go on.

    Wald's sequential probability ratio test, both kinds of error bounded by ``error``.
    Source: A. Wald, "Sequential tests of statistical hypotheses", Annals of Mathematical
    Statistics 16 (1945).  Raises ValueError unless 0 <= low < high <= 1.
    """
    if not (0 <= low < high <= 1 and 0 <= successes <= trials):
        raise ValueError(f"{low}, {high}: no two rates to be told apart by {successes} of {trials}")
    clean = trials - successes
    if successes and low == 0:
        return "high"
    if clean and high == 1:
        return "low"
    ratio = successes * math.log(high / low) if successes else 0.0
    ratio += clean * (math.log1p(-high) - math.log1p(-low)) if clean else 0.0
    bound = math.log((1 - error) / error)
    return "high" if ratio >= bound else "low" if ratio <= -bound else None


def rate(verdicts: Sequence[Verdict]) -> Rate | None:
    """How often the issue showed, over the valid runs; None when there is none.

    Valid: reproduced or not-reproduced.  The others say nothing about the issue.
    """
    valid = [each.verdict for each in verdicts if each.verdict in ("reproduced", "not-reproduced")]
    return rate_of(valid.count("reproduced"), len(valid))


def rate_of(reproduced: int, runs: int) -> Rate | None:
    """The rate of so many valid runs, with its bounds; None when there is none."""
    if not runs:
        return None
    low, high = wilson(reproduced, runs)
    if reproduced == 0:
        high = missed_below(runs)
    return Rate(runs=runs, reproduced=reproduced, low=low, high=high)


def combine(verdicts: Sequence[Verdict], wanted: int) -> Verdict:
    """One verdict over several runs of a cell (case format, "The verdict").

    Reproduced if any valid run did; not reproduced only when as many valid runs as wanted were
    clean; otherwise the verdict of the runs that were not valid.
    """
    if len(verdicts) == 1 and wanted <= 1:
        return verdicts[0]
    seen = rate(verdicts)
    if seen and seen.reproduced:
        best = next(each for each in verdicts if each.verdict == "reproduced")
        reason = say(Wording.RATE_AND, rate=describe(seen), reason=best.said("reason"))
        return best.copied(reason=reason)
    if seen and seen.runs >= wanted:
        last = next(each for each in reversed(verdicts) if each.verdict == "not-reproduced")
        return last.copied(reason=describe(seen))
    others = [each for each in verdicts if each.verdict not in ("reproduced", "not-reproduced")]
    first = others[0] if others else verdicts[-1]
    if seen is None:
        return first
    reason = say(Wording.TOO_FEW, valid=seen.runs, wanted=wanted, reason=first.said("reason"))
    return first.copied(verdict="inconclusive", reason=reason)


def describe(seen: Rate) -> Phrase:
    """``3 of 10 runs: 30 % (11 % to 60 % at 95 %)``; ``0 of 20: below 14 % at 95 %``."""
    if seen.reproduced == 0:
        return say(Wording.RATE_NONE, runs=seen.runs, high=_percent(seen.high))
    return say(
        Wording.RATE,
        reproduced=seen.reproduced,
        runs=seen.runs,
        share=_percent(seen.reproduced / seen.runs),
        low=_percent(seen.low),
        high=_percent(seen.high),
    )


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"

"""Every sentence that repro concludes with, in English.

The name of each is its key in a record, and in the words of other languages
(``report/templates/ja/phrases.yml``); {…} are values.  What is concluded is kept by key and
values (``phrase.Phrase``), so that it can be told in any language.
"""

from enum import Enum, unique


@unique
class Wording(Enum):
    """A sentence, or a part of one; what stands between backticks is code."""

    @property
    def key(self) -> str:
        """What it is recorded by."""
        return self.name.lower()

    # -- what several of them are made of ------------------------------------------------
    EACH = "{parts}"
    ON_NODE = "{node}: {why}"
    NAMED = "{name} {why}"
    OTHER = "{first} or {other}"

    # -- a verdict -----------------------------------------------------------------------
    SYMPTOM_HOLDS = "the symptom holds"
    HEALTHY_HOLDS = "the steps ran, the symptom does not hold, the healthy state does"
    BOTH_HOLD = "both the symptom and the healthy state hold: one is too wide"
    NEITHER_HOLDS = "neither the symptom nor the healthy state holds"
    NEITHER_HOLDS_AS = "neither the symptom nor the healthy state holds: {condition}: {why}"
    SYMPTOM_UNDECIDED = "the symptom cannot be decided: {condition}: {why}"
    STEP_FAILED = "step {step} on {node}: {why}"
    TROUBLE = "{stage}: {what}"
    STAGE_START = "start"
    STAGE_PREPARE = "prepare"
    STAGE_SETUP = "setup"
    STAGE_STEPS = "steps"
    STAGE_CONDITIONS = "conditions"
    STAGE_EVIDENCE = "evidence"
    NODE_LOST = "node {node} was lost and no fault step asked for it"

    REPRODUCED = "reproduced"
    NOT_REPRODUCED = "not-reproduced"
    DIFFERENT_FAILURE = "different-failure"
    INCONCLUSIVE = "inconclusive"
    ENVIRONMENT_FAILED = "environment-failed"
    ENDED = "{verdict}: {reason}"

    # -- several verdicts ----------------------------------------------------------------
    RATE = "{reproduced} of {runs} runs: {share} ({low} to {high} at 95 %)"
    RATE_NONE = "0 of {runs}: below {high} at 95 %"
    RATE_AND = "{rate}; {reason}"
    TOO_FEW = "too few valid runs: {valid} of {wanted}; {reason}"

    # -- a workaround --------------------------------------------------------------------
    HELPS = "without it the issue is there, with it healthy holds"
    HELPS_NOT = "with it: {verdict}: {reason}"
    NOT_SHOWN_WITHOUT = "without it the issue does not show: {verdict}"
    NOT_TRIED = "it could not be tried: {reason}"

    # -- a bisection: why a release is run -----------------------------------------------
    RUN_BEFORE = "it was run before"
    OLDEST = "oldest"
    NEWEST = "newest"
    END = "the {end} release of the search: ends first"
    END_GOOD = "the {end} release of the search, said to be without the issue: ends first"
    END_BAD = "the {end} release of the search, said to be affected: ends first"
    SAID_AFFECTED = "said to be affected"
    THE_NEWEST = "the newest release"
    KNOWN = "{what}, and no other release has shown the issue yet"
    KNOWN_AGAIN = "{what}, clean in {runs} so far: run {number}"
    ODD = "clean in {runs} between affected releases: again, to be sure"
    PROBE_AFFECTED = (
        "nobody looked between {older} and {newer}, which are both affected: one look inside"
    )
    PROBE_CLEAN = "nobody looked between {older} and {newer}, which are both clean: one look inside"
    PROBE_AGAIN = (
        "the look inside, once more: one clean run says little of an issue that comes and goes"
    )
    FIRST_AFFECTED = "the first affected release"
    FIRST_WITHOUT = "the first without the issue"
    LIKELY = "{affected} likely affected"
    LIKELY_TO_RUN = "{affected} likely affected, {able} likely to run at all"
    PARTS = "{what} is one of {count}; this one parts them ({likely})"
    TELLS_MOST = "tells most about {what}: {likely}"
    TELLS_MOST_AGAIN = "tells most about {what}: {likely}, run {number} of it"
    LEARN = "affected for sure: how often it shows ({rate} so far) says what clean runs weigh"
    CONFIRM = "the answer stands on it, and it was clean in one run: once more"

    # -- a bisection: what it found ------------------------------------------------------
    ONE_RUN = "1 run"
    RUNS = "{count} runs"
    CANDIDATE = "{version} ({confidence})"
    OR_LIKELY = "{likelier} or {other}"
    NONE_SO_FAR = "none so far"
    CANNOT_TELL = "cannot tell {what}: {likely}"
    CANNOT_TELL_ODD = "cannot tell whether {versions} is clean between affected releases"
    NEVER_SHOWN = "cannot tell: no release has shown the issue in {runs}"
    OPEN_OLDEST = "the oldest release, {version}, is affected"
    OPEN_NEWEST = "the newest release, {version}, is affected"
    OPEN_OLDER = "affected since {version} at the latest; there are {releases}, {tried}"
    OPEN_NEWER = "still affected in {version}; there are {releases}, {tried}"
    ONE_OLDER = "1 older release"
    OLDER = "{count} older releases"
    ONE_NEWER = "1 newer release"
    NEWER = "{count} newer releases"
    NONE_RAN = "which could not be run"
    ONE_TRIED = "of which 1 was tried and could not be run"
    SOME_TRIED = "of which {count} were tried and could not be run"
    INTRODUCED = (
        "the first affected release is {version}; {other} is without the issue ({confidence})"
    )
    INTRODUCED_OR = (
        "the first affected release is {version}, or {between} before it, {tried}; "
        "{other} is without the issue ({confidence})"
    )
    BACK = "it is back in {version}; {other} is without the issue ({confidence})"
    BACK_OR = (
        "it is back in {version}, or {between} before it, {tried}; "
        "{other} is without the issue ({confidence})"
    )
    FIXED = "it is fixed in {version}; {other} is affected ({confidence})"
    FIXED_OR = (
        "it is fixed in {version}, or {between} before it, {tried}; "
        "{other} is affected ({confidence})"
    )
    ONE_OF = "one of {versions}"
    ONE_OF_MANY = "one of the {count} from {first} to {last}"
    COMES_BACK = "comes back: {stretches}"
    AND_THEN = "{first}, {next}"
    STRETCH = "{state} {first} to {last}"
    STRETCH_OF_ONE = "{state} {version}"
    AFFECTED = "affected"
    CLEAN = "clean"
    UNKNOWN = "unknown"
    LOW_CONFIDENCE = "the confidence stays below {confidence}"
    NARROW = "allow more runs, or narrow the search with `--good` and `--bad`"
    REPEAT = "give the case a `repeat`: then versions are run until it is that sure"

    # -- a bisection that cannot be made -------------------------------------------------
    GOOD_IS_BAD = "{version}, named as good, is affected: it reproduced"
    ISSUE_IS_OLDER = "the issue is older"
    NOT_FIXED_THERE = "it is not fixed there, or is back"
    NAME_OLDER_GOOD = "name an older release as good, or none"
    NAME_OTHER_GOOD = "name another release as good, or none"
    SWAPPED = "{version}, named as good, is affected, and the one named as bad is not"
    TWO_SWAPPED = "the two are swapped"
    SWAP = "name them the other way round: the search goes in both directions"
    BAD_CANNOT_RUN = "{version}, which is to be affected, cannot be run here"
    NAME_OTHER_BAD = "name another affected release with `--bad`, or another OS with `--os`"
    BAD_IS_GOOD = "{version} is to be affected, and did not reproduce in {runs}"
    SOMETHING_MISSING = (
        "something of the customer's environment is missing here, or the issue comes and goes"
    )
    REPRODUCE_FIRST = (
        "reproduce it on one release first with `repro run`; for an issue that comes and goes, "
        "give the case a `repeat`"
    )
    NONE_KNOWN = (
        "neither the oldest nor the newest release shows the issue, and no affected one is known"
    )
    BOTH_CLEAN = "clean: {versions}"
    NEITHER_RUNS = "neither of the two can be run here"
    NAME_BAD = "name an affected release with `--bad`"

    # -- a look at a catalogue -----------------------------------------------------------
    FLAKY = "{version} showed it in one run and not in another"
    NO_VERDICT = "no release came to a verdict on the issue"
    NONE_SHOWS = "no release that was run shows the issue here"
    NOT_YET_SHOWN = "it does not show here, and never did with the case as it is now"
    INTRODUCED_EARLIER = "known.introduced is {known}, but {version} shows it"
    FIXED_NOT = "known.fixed is {known}, but {version} shows it"
    FIXED_UNSAID = "known has no `fixed`, but {version} does not show it"
    KNOWN_WRONG = "{version} should be affected by what is known, but does not show it"
    RELEASE_FAILED = "{version}: {reason}"
    ONE_AND_ANOTHER = "one run showed the issue, another one did not"
    NOT_CONFIRMED = "not confirmed: {reason}"
    NOT_CONFIRMED_BY = "not confirmed: another run was {verdict}: {reason}"

    # -- a condition ---------------------------------------------------------------------
    ANY_OF = "any of: {conditions}"
    ALL_OF = "all of: {conditions}"
    NOT = "not: {why}"
    AS_EXPECTED = "every step did as expected"
    ALL_DID = "all of them did"
    NOT_RUN = "not run: {steps}"
    STEP_NOT_RUN = "step {step} did not run"
    NOT_OBSERVED = "this was not observed in the run"
    FILE_ABSENT = "{path} is not there"
    IN_FILE = "{path}: {why}"
    TESTS_PASSED = "{file} passed"
    TESTS_FAILED = "{file} failed"
    TESTS_NOT_RUN = "{file} could not be run"
    OUT_OF_MEMORY = "a process was ended for memory"
    ENOUGH_MEMORY = "nothing was ended for memory"
    NODE_IS = "{node} is {state}"
    NODE_RUNNING = "running"
    NODE_PAUSED = "paused"
    NODE_EXITED = "exited"
    NODE_GONE = "gone"

    # -- how a command ended -------------------------------------------------------------
    EXIT = "exit {exit}"
    EXIT_BY_SIGNAL = "exit {exit} ({signal})"
    NO_EXIT = "there is no exit status: the node was lost"
    TIMED_OUT = "timed out"
    NOT_TIMED_OUT = "did not time out"
    TIMED_OUT_AFTER = "timed out after {seconds} s"
    ENDED_BY = "ended by {signal}"
    NOT_SIGNALLED = "was not ended by a signal"
    TOOK = "took {seconds} s"
    STATUS = "status {status}"
    LOST = "the node was lost"
    DISK_FULL = "it was ended: it wrote more than the node's disk limit"
    NOT_AS_EXPECTED = "{seen}, expected {wanted}"
    A_TIME_OUT = "a time-out"
    NOT_ZERO = "another than 0"

    # -- what a step waited for ----------------------------------------------------------
    IN_VAIN = "waited {seconds} s in vain: {why}"
    NO_LISTENER = "nothing listens on port {port}"
    EXIT_SAYING = "exit {exit}: {line}"
    UNREADABLE = "{path} cannot be read yet"
    EXCHANGE = "exchange {number}: {why}"
    NO_PROMPT = "waited in vain; it printed {text}"
    ENDED_FIRST = "the program ended first; it printed {text}"

    # -- a text --------------------------------------------------------------------------
    STDOUT = "stdout"
    STDERR = "stderr"
    OUTPUT = "output"
    CONTAINS = "contains {wanted}"
    CONTAINS_NOT = "does not contain {wanted}; it is {text}"
    EQUALS = "equals {wanted}"
    EQUALS_NOT = "does not equal {wanted}; it is {text}"
    MATCHES = "matches {pattern}"
    MATCHES_NOT = "nothing matches {pattern}; it is {text}"
    EMPTY = "empty"
    ENDLESS = "the pattern did not end: {error}"

    # -- an attribute of something on a node ---------------------------------------------
    IS = "{name} is {value}"
    ANSWERED = "{name} {wanted}: {answer}"
    ASKED_OTHERWISE = "{name} was asked of {asked}, not of {wanted}"
    UNSEEN = "{name} was not observed"
    NO_ATTRIBUTE = "names no attribute to look at"

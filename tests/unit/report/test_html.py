from __future__ import annotations

import re
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from repro.errors import InputError
from repro.model.account import Subject
from repro.model.bisection import BisectAnswer, BisectStep, Boundary, Stretch, VersionSeen
from repro.model.campaign import CellAnswer, CellsAnswer, VerifiedWorkaround, VerifyAnswer
from repro.model.observation import (
    Captured,
    LogObservation,
    ModuleObservation,
    PythonObservation,
    Rate,
)
from repro.model.recheck import Change, RecheckAnswer, State, Told
from repro.model.record import Collected, Judgement, Lock, NodeLock
from repro.report.html import PAGE, render
from repro.report.words import BUILT_IN, Words
from tests.unit.report.subjects import (
    ILL,
    ODD,
    SICK,
    TROUBLE,
    WELL,
    campaign,
    case,
    outcome,
    related,
    run,
    seen,
    step,
    subject,
)

HOSTILE = (
    "<script>alert(1)</script></style></title><!-- --><svg onload=alert(1)>\"' onclick='x' "
    "{{ 7*7 }} &lt; javascript:alert(1) \x1b]0;owned\x07\x1b[2J \u202egnp.exe \u200b\ufeff"
)
#: Whatever a sentence of a page may ask for.
VALUES = re.findall(r"{(\w+)}", "".join(
    file.read_text("utf-8") for file in (BUILT_IN / "en").glob("*.yml")
))  # fmt: skip
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """A page taken apart: its tags with their attributes, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.marked: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        self.text += data
        if "mark" in self._open:
            self.marked.append(data)

    def of(self, name: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def page(found: Subject, language: str = "en") -> Page:
    return Page(render(found, Words(language)))


def answer(version: str, verdict: Any = "reproduced", **rest: Any) -> CellAnswer:
    cell = outcome(version, os=rest.pop("os", "debian-12")).cell
    return CellAnswer(cell=cell, verdict=verdict, reason="because", runs=("r1",), **rest)


BISECTED = BisectAnswer(
    state="answered", headline="h", first_affected="1.1", confidence=0.99, evaluations=2,
    steps=(
        BisectStep(
            number=1, version="1.0", why="old", verdict="not-reproduced", showed="", left=""
        ),
        BisectStep(number=2, version="1.1", why="new", verdict="reproduced", showed="", left=""),
    ),
    boundaries=(Boundary(kind="introduced", before="1.0", after="1.1", confidence=0.99),),
    stretches=(
        Stretch(first="1.0", last="1.0", state="clean"),
        Stretch(first="1.1", last="1.1", state="affected"),
    ),
    versions=tuple(VersionSeen(version=v, runs=1, reproduced=0) for v in ("1.0", "1.1")),
)  # fmt: skip


class TestARun:
    def test_the_verdict_comes_first_then_what_follows_and_what_was_seen(self) -> None:
        text = page(subject(SICK, related=related(seen("1.3")))).text
        wanted = [
            "the client stops", "● Reproduced", "Upgrade to 1.3", "exit status 1",
            "ProtocolError: got 7 bytes", "Compared with", "Steps", "repro run demo",
        ]  # fmt: skip
        assert sorted(wanted, key=text.index) == wanted

    def test_the_match_is_marked_where_it_is_quoted_and_in_the_step(self) -> None:
        assert page(subject(SICK)).marked == ["ProtocolError: got 7 bytes"] * 2

    @pytest.mark.parametrize(
        ("observation", "look"),
        [(SICK, "affected"), (WELL, "clean"), (ODD, "other"), (TROUBLE, "failed")],
        ids=["reproduced", "not-reproduced", "different", "trouble"],
    )
    def test_each_verdict_has_its_look(self, observation: Any, look: str) -> None:
        banners = [each for each in page(subject(observation)).of("div")
                   if each.get("class", "").startswith("verdict ")]  # fmt: skip
        assert [each["class"] for each in banners] == [f"verdict {look}"]

    def test_a_step_that_printed_nothing_is_said_to_have(self) -> None:
        of = case(symptom=[{"step": "client", "exit": 1, "stdout": {"equals": ""}}])
        assert "<p>It printed nothing.</p>" in render(subject(step(), of=of), Words())

    def test_a_run_that_never_ended(self) -> None:
        unfinished = run(SICK).model_copy(
            update={"verdict": None, "summary": None, "lock": None, "notes": ("it was killed",)}
        )
        text = page(Subject(run=unfinished)).text
        assert "✗ Unfinished" in text
        assert "it was killed" in text
        assert "The environment was not recorded." in text

    def test_of_very_many_steps_those_that_tell_are_shown(self) -> None:
        ordinary = [step(code=0, name=f"step-{n}") for n in range(400)]
        found = page(subject(*ordinary, SICK, step("last words", name="odd")))
        headings = "".join(found.text.split())
        assert "400client" in headings or "401client" in headings
        assert "last words" in found.text
        assert "More in the record: 102." in found.text

    def test_a_release_that_can_only_be_believed_in_comes_without_a_command(self) -> None:
        carried = case(
            environment={"os": "debian-12", "product": "pkg:deb/debian/mawk"},
            known={"fixed": "1.3.4"},
        )
        found = page(subject(SICK, of=carried, version=None))
        assert "another release of the OS may carry it" in found.text
        assert "this would tell" not in found.text

    def test_it_speaks_the_language_it_says(self) -> None:
        japanese = page(subject(SICK), "ja")
        assert japanese.of("html") == [{"lang": "ja"}]
        assert "● 再現" in japanese.text
        assert "page." not in japanese.text

    def test_the_setup_is_folded_unless_it_failed(self) -> None:
        begun = step(code=0, name="begin").model_copy(update={"phase": "setup"})
        assert "Steps of the setup: 1" in page(subject(begun, SICK)).text
        failed = begun.model_copy(update={"expected": False, "why": "exit 4"})
        assert "Steps of the setup" not in page(subject(failed, SICK)).text

    def test_what_conditions_looked_at_and_what_was_collected(self) -> None:
        log = LogObservation(key="k", node="node", path="/var/log/x.log", text="from the log")
        module = ModuleObservation(key="k", node="node", module="file", values={"exists": False})
        kept = Collected(node="node", path="/var/log/x.log", size=9, kept=5, file="x", note="cut")
        file = PythonObservation(key="k", node="node", file="checks/test_x.py", passed=False)
        text = page(subject(SICK, log, module, file, collected=(kept,))).text
        for each in (
            "What else was looked at (3)",
            "node: failed",
            "from the log",
            "exists = False",
            "5 B",
            "cut",
        ):
            assert each in text

    def test_the_lock_and_its_difference_from_another_run(self) -> None:
        def locked(version: str) -> Lock:
            node = NodeLock(image="debian:12", image_digest="sha256:1", prepared="a",
                            packages={"pip": {"demo": version, "other": "1"}})  # fmt: skip
            return Lock(kernel="6.1", engine="docker", nodes={"node": node})

        one, other = run(SICK, lock=locked("1.2")), run(WELL, lock=locked("1.3"), name="other-run")
        text = page(Subject(run=one, other=other)).text
        assert "pip: 2" in text
        assert re.search(
            r"Compared with the run other-run.*node: pip demo\s*1\.2\s*1\.3", text, re.DOTALL
        )
        assert "They differ in nothing." in page(Subject(run=one, other=one)).text

    def test_a_run_again_judged(self) -> None:
        verdict = run(WELL).verdict
        assert verdict is not None
        later = Judgement(number=1, at="2026-11-22T01:00:00Z", verdict=verdict, case_text="")
        text = page(subject(SICK, judgements=(later,))).text
        assert re.search(r"by the run itself: Reproduced\s+2026-11-22T01:00:00Z: Not repro", text)


class TestACampaign:
    def test_a_matrix_is_a_table_of_states(self) -> None:
        cells = (answer("1.1", "not-reproduced"), answer("1.2", rate=Rate(
            runs=4, reproduced=3, low=0.3, high=0.9)), answer("1.2", "environment-failed",
            os="debian-13"))  # fmt: skip
        found = page(campaign("matrix", CellsAnswer(cells=cells), outcome("1.2")))
        looks = [each["class"] for each in found.of("td") if "class" in each]
        assert [look for look in looks if look not in ("none", "number")] == [
            "clean", "affected", "failed"
        ]  # fmt: skip
        assert "Combinations that show the issue: 1 of 3." in found.text
        assert "3/4" in found.text
        assert "Without a verdict on the issue" in found.text

    def test_a_matrix_that_could_not_be_told_does_not_look_well(self) -> None:
        cells = (answer("1.2", "environment-failed"), answer("1.3", "not-reproduced"))
        found = page(campaign("matrix", CellsAnswer(cells=cells)))
        banners = [each["class"] for each in found.of("div") if "class" in each]
        assert [each for each in banners if each.startswith("verdict ")] == ["verdict unsure"]

    def test_a_bisection_is_a_line_with_its_runs_and_boundary(self) -> None:
        found = page(campaign("bisect", BISECTED))
        assert "The issue appears first in 1.1; 1.0 is without it (99 %)." in found.text
        drawn = [each for each in found.of("svg") if each.get("role") == "img"]
        assert [each["aria-label"] for each in drawn] == [
            "2 releases in order, 2 runs; the numbers say in which order."
        ]
        assert len(found.of("circle")) == 2

    def test_the_run_that_shows_it_is_told_too(self) -> None:
        found = page(campaign("bisect", BISECTED, run=run(SICK)))
        assert "The run that shows it" in found.text
        assert "ProtocolError: got 7 bytes" in found.marked

    def test_workarounds_stand_beside_their_control(self) -> None:
        helped = VerifiedWorkaround(
            workaround="turn it off", helps=True, why="w", control=answer("1.2"),
            with_it=answer("1.2", "not-reproduced"), changed=("env X: none → 0",),
        )  # fmt: skip
        text = page(campaign("verify", VerifyAnswer(workarounds=(helped,)))).text
        for each in ("✓ turn it off", "Without it", "With it", "env X: none → 0"):
            assert each in text

    def test_the_digest_of_a_night(self) -> None:
        change = Change(case="demo-1", title="It fails", os="debian-12", topology="single",
                        before=State(name="open"), after=State(name="fixed", version="1.3"),
                        since="2026-11-21")  # fmt: skip
        told = Told(case="demo-2", os="debian-12", text="no such version")
        digest = RecheckAnswer(issues=9, cells=12, changed=(change,), unchecked=(told,), left=2)
        text = page(campaign("recheck", digest)).text
        for each in ("It fails", "fixed in 1.3", "no such version", "left for the next look: 2."):
            assert each in text
        assert (
            "Nothing changed." in page(campaign("recheck", RecheckAnswer(issues=9, cells=1))).text
        )

    def test_one_that_did_not_end(self) -> None:
        assert "repro resume" in page(campaign("matrix", None, outcome("1.2"))).text


class TestWhatComesFromOutside:
    def hostile(self) -> Subject:
        """A subject whose every text is hostile."""
        symptom = [{"step": "client", "stderr": {"contains": HOSTILE}}]
        of = case(title=HOSTILE[:200], symptom=symptom, healthy=[])
        bad = step(f"{HOSTILE}\n{ILL}", stdout=HOSTILE)
        bad = bad.model_copy(update={"command": HOSTILE, "why": HOSTILE, "node": HOSTILE})
        node = NodeLock(
            image=HOSTILE, image_digest=HOSTILE, prepared="a",
            os_release={"PRETTY_NAME": HOSTILE}, packages={HOSTILE: {HOSTILE: HOSTILE}},
        )  # fmt: skip
        kept = Collected(node=HOSTILE, path=HOSTILE, size=1, kept=1, note=HOSTILE)
        lock = Lock(kernel=HOSTILE, engine=HOSTILE, nodes={HOSTILE: node})
        return subject(
            bad, TROUBLE.model_copy(update={"what": HOSTILE, "cause": HOSTILE}), of=of, lock=lock,
            collected=(kept,), notes=(HOSTILE,),
        )  # fmt: skip

    def test_it_stays_text(self) -> None:
        found, harmless = page(self.hostile()), page(subject(SICK, TROUBLE))
        assert "<script>alert(1)</script></style>" in found.text
        assert "␛]0;owned␇" in found.text
        assert "⟨U+202E⟩gnp.exe ⟨U+200B⟩⟨U+FEFF⟩" in found.text
        folds = {"details", "summary"}
        assert {tag for tag, _ in found.tags} <= {tag for tag, _ in harmless.tags} | folds
        named = {name for _, attributes in found.tags for name in attributes}
        assert named <= {name for _, attributes in harmless.tags for name in attributes}
        assert "49" not in found.text.replace("7*7", "")

    def test_nothing_hidden_is_in_the_source(self) -> None:
        source = render(self.hostile(), Words("en"))
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ufeff]", source
        )

    def test_no_script_and_nothing_from_elsewhere(self) -> None:
        found = page(self.hostile())
        assert not found.of("script")
        policy = [each["content"] for each in found.of("meta") if "http-equiv" in each]
        assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
        assert not re.search(r"url\(|@import|src=", render(self.hostile(), Words("en")))

    def test_fifty_megabytes_on_one_line(self) -> None:
        text = "A" * 25_000_000 + "ProtocolError: here" + "\x1b[31m<" * 3_000_000
        printed = Captured(text=text, size=len(text))
        result = SICK.result.model_copy(update={"stderr": printed, "stdout": printed})
        found = subject(SICK)
        assert found.run is not None
        large = found.run.model_copy(
            update={"observations": (SICK.model_copy(update={"result": result}),)}
        )
        started = time.monotonic()
        source = render(Subject(run=large), Words("en"))
        assert time.monotonic() - started < 30
        assert len(source) < 100_000
        assert "characters …" in source

    def test_a_page_stays_small_whatever_it_tells(self) -> None:
        text = "\n".join(f"\x1b[3{n % 8}m<line {n}>" for n in range(5000))
        steps = [step(text, text, name=f"s{n}") for n in range(600)]
        packages = {f"package-{n}": "1.2.3" for n in range(9000)}
        nodes = {
            f"n{n}": NodeLock(
                image="i", image_digest="d", prepared="p", packages={"dpkg": packages}
            )
            for n in range(9)
        }
        kept = Collected(node="node", path="/x", size=1, kept=1)
        found = subject(
            *steps, SICK, lock=Lock(kernel="k", engine="e", nodes=nodes), collected=(kept,) * 5000
        )
        source = render(found, Words("en"))
        assert len(source.encode()) < 2_000_000
        assert "More in the record: 301." in source


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_sentence_of_a_page_is_there(language: str) -> None:
    words, asked = Words(language), re.compile(r'(?:say|words)\("([a-z_.-]+[a-z])"')
    keys = {key for file in PAGE.glob("*.j2") for key in asked.findall(file.read_text("utf-8"))}
    assert len(keys) > 60
    values = dict.fromkeys(VALUES, "x")
    assert all(words(key, **values) for key in keys)


def test_a_team_has_its_own_look(tmp_path: Path) -> None:
    (tmp_path / "report.css").write_text("h1 { color: rebeccapurple; }")
    assert "rebeccapurple" in render(subject(SICK), Words("en", tmp_path))


def test_a_wrong_template_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "run.html.j2").write_text("<p>\n{{ account.nothing }}</p>")
    with pytest.raises(InputError, match=r"run\.html\.j2, line 2"):
        render(subject(SICK), Words("en", tmp_path))

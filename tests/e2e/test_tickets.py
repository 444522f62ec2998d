"""``repro attach`` against Redmine and Request Tracker, as the command that an engineer types."""

from __future__ import annotations

import os
import random
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from repro.errors import TicketBusyError
from repro.model.ticket import Markup
from repro.report.escape import code, escape, fence
from repro.settings import Settings, TicketSettings
from repro.ticket.markup import convert
from repro.ticket.network import Network
from repro.ticket.redmine import connect
from repro.ticket.send import send
from repro.ticket.tokens import Token, variable
from tests.faulty_proxy import Fault, FaultyProxy, Kind, faulty
from tests.redmine_server import RedmineServer
from tests.rt_server import FIELD, RtServer
from tests.support import ROOT
from tests.tickets import a_message
from tests.unit.kept import keep
from tests.unit.report.subjects import SICK, WELL, case, run

REDMINE = pytest.mark.xdist_group("redmine")
RT = pytest.mark.xdist_group("rt")
SICK_RUN, WELL_RUN = "20261121-224155-demo-1-0a1b", "20261122-224155-demo-1-0a1b"


@dataclass
class Desk:
    """An engineer's home with two runs of one case, and a ticket system."""

    folder: Path
    system: dict[str, Any]
    token: str
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fill()

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def fill(self) -> None:
        """The two runs, and nothing else."""
        shutil.rmtree(self.home, ignore_errors=True)
        settings = Settings(home=self.home, cache=self.folder / "cache")
        keep(settings, run(SICK, name=SICK_RUN), case())
        keep(settings, run(WELL, name=WELL_RUN), case())

    def attach(self, *arguments: str, status: int = 0) -> str:
        """Call it; what it said."""
        settings = self.folder / f"settings-{secrets.token_hex(4)}.yml"  # several may call at once
        settings.write_text(yaml.safe_dump({"tickets": {"desk": self.system}}))
        done = subprocess.run(
            [sys.executable, "-m", "repro", "attach", *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "REPRO_HOME": str(self.home),
                "REPRO_SETTINGS": str(settings),
                "REPRO_DEBUG": "1",
                variable("desk"): self.token,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        said = done.stdout + done.stderr
        self.said.append(said)
        assert done.returncode == status, said
        return said

    def kept(self) -> list[Path]:
        """What waits in the outbox."""
        return sorted((self.home / "outbox").glob("desk/*.json"))

    def holds_no_token(self) -> bool:
        """Whether nothing that was said or written has the token."""
        secret = self.token.encode()
        files = [path.read_bytes() for path in self.folder.rglob("*") if path.is_file()]
        return not any(secret in text for text in [*files, *(each.encode() for each in self.said)])


@pytest.fixture
def proxy(redmine_server: RedmineServer) -> Iterator[FaultyProxy]:
    with faulty(redmine_server.url) as made:
        yield made


@pytest.fixture
def redmine(redmine_server: RedmineServer, proxy: FaultyProxy, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path, {"kind": "redmine", "url": proxy.url}, redmine_server.tokens["agent"])
    yield desk
    assert desk.holds_no_token()


@REDMINE
class TestRedmine:
    def test_one_private_note_is_kept_up_to_date(
        self, redmine: Desk, redmine_server: RedmineServer
    ) -> None:
        key = redmine_server.issue()
        assert "created (internal)" in redmine.attach(SICK_RUN, "--ticket", f"desk:{key}")
        assert "unchanged" in redmine.attach(SICK_RUN, "--ticket", f"desk:{key}")
        [note] = redmine_server.notes("agent", key)
        assert note.startswith("*Reproduced*")
        redmine_server.stop()
        redmine_server.start()
        redmine.fill()  # as on another engineer's machine: nothing is known of the comment
        assert "updated" in redmine.attach(WELL_RUN, "--ticket", f"desk:{key}")
        [note] = redmine_server.notes("agent", key)
        assert note.startswith("*Not reproduced*")
        assert redmine_server.notes("customer", key) == []
        assert redmine_server.see("agent", key)["attachments"] == []

    def test_the_customer_sees_it_by_word(
        self, redmine: Desk, redmine_server: RedmineServer
    ) -> None:
        key = redmine_server.issue()
        redmine.attach(SICK_RUN, "--ticket", f"desk:{key}", "--public", "--lang", "ja")
        [note] = redmine_server.notes("customer", key)
        assert note.startswith("*再現*")
        names = [each["filename"] for each in redmine_server.see("customer", key)["attachments"]]
        assert names == [f"repro-{SICK_RUN}.html", f"repro-{SICK_RUN}.cast"]

    def test_a_dry_run_shows_what_would_be_sent_and_asks_nobody(
        self, redmine: Desk, proxy: FaultyProxy
    ) -> None:
        said = redmine.attach(SICK_RUN, "--ticket", "desk:1", "--dry-run")
        assert "to desk:1: internal, as textile" in said
        assert "*Reproduced*" in said
        assert proxy.requests == []
        assert redmine.kept() == []

    def test_what_redmine_would_publish_is_not_sent(
        self, redmine: Desk, redmine_server: RedmineServer
    ) -> None:
        """Redmine shows a private note to everyone where its author may not set it private."""
        key = redmine_server.issue()
        redmine.token = redmine_server.tokens["customer"]
        said = redmine.attach(SICK_RUN, "--ticket", f"desk:{key}", status=8)
        assert "no private note can be added" in said
        assert redmine_server.notes("agent", key) == []

    @pytest.mark.parametrize("token", ["visitor", "wrong"])
    def test_a_token_without_rights_is_told(
        self, redmine: Desk, redmine_server: RedmineServer, token: str
    ) -> None:
        key = redmine_server.issue()
        redmine.token = redmine_server.tokens.get(token, "0123456789abcdef" * 2)
        said = redmine.attach(SICK_RUN, "--ticket", f"desk:{key}", status=8)
        assert "cause: HTTP status 40" in said
        assert "docs/tickets.md" in said

    def test_a_deleted_ticket_holds_up_no_other(
        self, redmine: Desk, redmine_server: RedmineServer
    ) -> None:
        gone, there = redmine_server.issue(), redmine_server.issue()
        redmine_server.delete(gone)
        tickets = ("--ticket", f"desk:{gone}", "--ticket", f"desk:{there}")
        said = redmine.attach(SICK_RUN, *tickets, status=8)
        assert "it was deleted" in said
        assert f"desk:{there}: comment created" in said
        [kept] = redmine.kept()
        assert str(kept) in said
        assert "it was deleted" in redmine.attach("--queued", status=8)

    def test_while_redmine_is_down_the_last_result_is_kept(
        self, redmine: Desk, redmine_server: RedmineServer
    ) -> None:
        key = redmine_server.issue()
        redmine.system["url"] = redmine_server.url
        redmine_server.stop()
        try:
            for name in (SICK_RUN, WELL_RUN):
                said = redmine.attach(name, "--ticket", f"desk:{key}", status=8)
                assert "repro attach --queued" in said
            assert len(redmine.kept()) == 1
            assert redmine.kept()[0].stat().st_mode & 0o777 == 0o600
        finally:
            redmine_server.start()
        redmine.attach("--queued")
        [note] = redmine_server.notes("agent", key)
        assert note.startswith("*Not reproduced*")
        assert redmine.kept() == []

    @pytest.mark.parametrize("kind", ["refuse", "lose", "cut", "swallow"])
    def test_what_goes_wrong_while_sending_makes_no_second_note(
        self, redmine: Desk, redmine_server: RedmineServer, proxy: FaultyProxy, kind: Kind
    ) -> None:
        key = redmine_server.issue()
        arrived = kind in ("lose", "cut")
        proxy.faults = [Fault(kind)]
        redmine.attach(SICK_RUN, "--ticket", f"desk:{key}", status=0 if arrived else 8)
        redmine.attach("--queued")
        assert len(redmine_server.notes("agent", key)) == 1
        assert redmine.kept() == []

    @pytest.mark.parametrize("at", [0, 1, 4])
    @pytest.mark.parametrize("kind", ["refuse", "cut"])
    def test_an_upload_that_breaks_off_leaves_every_file_once(
        self, redmine: Desk, redmine_server: RedmineServer, proxy: FaultyProxy, kind: Kind, at: int
    ) -> None:
        """At each of: upload, attach, (the same for the second file,) note."""
        key = redmine_server.issue()
        redmine.system["options"] = {"files": "visible"}
        proxy.faults = [Fault(kind, skip=at)]
        is_there = kind == "cut" and at in (1, 4)
        ticket = f"desk:{key}"
        redmine.attach(SICK_RUN, "--ticket", ticket, status=0 if is_there else 8)
        redmine.attach("--queued")
        issue = redmine_server.see("agent", key)
        assert len(issue["attachments"]) == 2
        assert len(redmine_server.notes("agent", key)) == 1

    def test_three_at_once_make_one_note(
        self, redmine: Desk, redmine_server: RedmineServer
    ) -> None:
        key = redmine_server.issue()
        with ThreadPoolExecutor(3) as several:
            ticket = ("--ticket", f"desk:{key}")
            said = list(several.map(lambda _: redmine.attach(SICK_RUN, *ticket), range(3)))
        assert sum("comment created" in each for each in said) == 1
        assert len(redmine_server.notes("agent", key)) == 1
        assert redmine.kept() == []

    def test_a_limit_of_requests_is_waited_for(
        self, redmine: Desk, redmine_server: RedmineServer, proxy: FaultyProxy
    ) -> None:
        key = redmine_server.issue()
        proxy.faults = [Fault("refuse", status=429, headers={"Retry-After": "1"})]
        assert "created" in redmine.attach(SICK_RUN, "--ticket", f"desk:{key}")
        assert redmine.kept() == []

    @pytest.mark.parametrize("earlier", [False, True])
    def test_a_database_without_rare_characters_gets_their_code_points(
        self, redmine_server: RedmineServer, proxy: FaultyProxy, earlier: bool
    ) -> None:
        """Redmine on MySQL's utf8 fails with 500; this one here would take them."""
        key, token = redmine_server.issue(), redmine_server.tokens["agent"]
        settings = TicketSettings(kind="redmine", url=proxy.url)
        system = connect(settings, Token("desk", "redmine", {variable("desk"): token}), Network())
        if earlier:
            send(system, a_message("first", ticket=f"desk:{key}"))
        proxy.faults = [Fault("refuse", status=500)]
        send(system, a_message("再現 💥", ticket=f"desk:{key}"))
        assert redmine_server.notes("agent", key)[0].startswith("再現 U+1F4A5")
        proxy.faults = [Fault("refuse", status=500), Fault("refuse", status=500)]
        with pytest.raises(TicketBusyError):
            send(system, a_message("again 💥", ticket=f"desk:{key}"))
        proxy.faults = [Fault("lose", status=500)]
        send(system, a_message("lost 💥", ticket=f"desk:{key}", case="another"))
        system.close()
        assert len(redmine_server.notes("agent", key)) == 2

    def test_text_stays_text(self, redmine_server: RedmineServer) -> None:
        texts = [
            "a *b* _c_ -d- +e+ ^f^ ~g~ ??h?? %i% @j@ ==k== 2*3*4 a_b_c x-y--z",
            "#1 r1 @agent user:agent attachment:a.txt commit:abc document:x version:1.0",
            '!http://example.com/a.png! "q":http://example.com [[Wiki]] {{toc}} {{>x}}',
            "https://example.com/x www.example.com someone@example.com ftp://a.example.com",
            "<b>bold</b> &amp; &#42; <script>alert(1)</script> </pre> <notextile>x</notextile>",
            "a | b | c (c) (tm) ... x -> y <- [1] fn1. p. q",
            "再現しました。💥 ✓ é",
        ]
        texts += [" ".join(_signs(random.Random(seed)).split()) for seed in range(300)]
        fenced = [f"Before {_escaped(text)} after\n\n~~~~\n{text}\n~~~~" for text in texts]
        shown = redmine_server.shown([convert(text, "textile") for text in fenced])
        for text, page in zip(texts, shown, strict=True):
            seen = Page(page)
            assert {*seen.tags} <= {"p", "pre"}
            assert f"Before {text} after" in " ".join(seen.text.split())
            assert re.sub("<(?=/?(pre|code|notextile))", "< ", text) in seen.text

    @pytest.mark.parametrize("markup", ["textile", "redmine-markdown"])
    def test_nobody_is_told_of_what_an_output_says(
        self, redmine_server: RedmineServer, markup: Markup
    ) -> None:
        texts = ["@agent", "agent", "a @agent, b", "(@agent)", "x@agent y", "@agent@", "`@agent`",
                 "```\n@agent\n```", "~~~ @agent", "</pre> @agent <pre>",
                 "@agent\r\n> @agent"]  # fmt: skip
        texts += [f"{_signs(random.Random(seed))} @agent" for seed in range(100)]
        made = [convert(f"{escape(text)} {code(text)}\n\n{fence(text)}", markup) for text in texts]
        formatting = "textile" if markup == "textile" else "common_mark"
        assert redmine_server.told(["@agent said"], formatting) == [["agent"]], "it would tell"
        told = redmine_server.told(made, formatting)
        assert [names for names in told if set(names) - {""}] == []


@pytest.fixture(params=[None, FIELD], ids=["comments", "field"])
def rt(request: pytest.FixtureRequest, rt_server: RtServer, tmp_path: Path) -> Iterator[Desk]:
    options = {"field": request.param} if request.param else {}
    system = {"kind": "rt", "url": rt_server.url, "user": "agent", "options": options}
    desk = Desk(tmp_path, system, rt_server.tokens["agent"])
    yield desk
    assert desk.holds_no_token()


@RT
class TestRequestTracker:
    def test_one_result_is_kept_up_to_date(self, rt: Desk, rt_server: RtServer) -> None:
        key = rt_server.ticket()
        assert "created (internal)" in rt.attach(SICK_RUN, "--ticket", f"desk:{key}")
        assert "unchanged" in rt.attach(SICK_RUN, "--ticket", f"desk:{key}")
        rt_server.stop()
        rt_server.start()
        rt.fill()
        rt.attach(WELL_RUN, "--ticket", f"desk:{key}")
        said = rt_server.said(key)
        comments = [text for kind, text in said if "repro note: demo-1" in text]
        if rt.system["options"]:
            assert len(comments) == 1
            assert rt_server.field(key).startswith("Not reproduced")
        else:
            assert [text.split(":")[0] for text in comments] == ["Reproduced", "Not reproduced"]
        assert {kind for kind, _ in said} == {"Create", "Comment"}

    def test_the_customer_is_sent_it_by_word(self, rt: Desk, rt_server: RtServer) -> None:
        key = rt_server.ticket()
        rt.attach(SICK_RUN, "--ticket", f"desk:{key}", "--public")
        texts = [text for kind, text in rt_server.said(key) if kind == "Correspond"]
        assert any(text.startswith("Reproduced") for text in texts)

    def test_what_may_not_or_cannot_be_done_is_told(self, rt: Desk, rt_server: RtServer) -> None:
        key, gone = rt_server.ticket(), rt_server.ticket()
        rt_server.delete(gone)
        assert "deleted" in rt.attach(SICK_RUN, "--ticket", f"desk:{gone}", status=8)
        rt.token = rt_server.tokens["visitor"]
        said = rt.attach(SICK_RUN, "--ticket", f"desk:{key}", status=8)
        assert "HTTP status 403" in said

    def test_an_answer_that_is_lost_makes_no_second_comment(
        self, rt: Desk, rt_server: RtServer
    ) -> None:
        key = rt_server.ticket()
        with faulty(rt_server.url) as proxy:
            rt.system["url"] = proxy.url
            proxy.faults = [Fault("cut", path="/comment"), Fault("lose", path="/comment")]
            rt.attach(SICK_RUN, "--ticket", f"desk:{key}")
            assert proxy.faults == []
            rt.attach(SICK_RUN, "--ticket", f"desk:{key}")
        files = rt_server.files(key)
        assert sorted(files) == [f"repro-{SICK_RUN}.cast", f"repro-{SICK_RUN}.html"]
        comments = [text for _, text in rt_server.said(key) if "repro note: demo-1" in text]
        assert len(comments) == 1


class Page(HTMLParser):
    """What is seen of HTML, and its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags = "", list[str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def _signs(dice: random.Random) -> str:
    """What a hostile output might hold."""
    signs = [*"*_-+^~?%@#[]{}|=\"':!<>&().,;/\\$", "h1. ", "* ", "# ", "</", "</pre>", "<code",
             "&lt;", "{{toc}}", "user:", "http://", "www.", "r1", "re", "a b", " "]  # fmt: skip
    return "x" + "".join(dice.choice(signs) for _ in range(dice.randint(1, 14)))


def _escaped(text: str) -> str:
    """As Markdown that is text."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>&!#|~" else sign for sign in text)

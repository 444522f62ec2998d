"""The contract of ticket systems over small services of their kind; and when a service fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from repro.errors import TicketBusyError
from repro.model.ticket import Upload
from repro.ports import TicketSystem
from repro.settings import TicketSettings
from repro.ticket import gitlab, jira, zendesk
from repro.ticket.network import Network
from repro.ticket.send import send
from repro.ticket.systems import Connect
from repro.ticket.tokens import Token, variable
from tests.contract import test_tickets
from tests.contract.test_tickets import Bench
from tests.services import Answer
from tests.ticket_services import GitlabService, JiraService, TicketService, ZendeskService
from tests.tickets import a_message
from tests.tls import Certificates

# The suite itself; the fixture below stands in for the one that it has there.
test_a_ticket_is_read = test_tickets.test_a_ticket_is_read
test_found_again = test_tickets.test_a_comment_is_found_again_by_its_marker_alone
test_internal = test_tickets.test_what_is_internal_is_not_seen_by_the_customer
test_public = test_tickets.test_what_is_public_is_seen_by_the_customer
test_changed_in_place = test_tickets.test_a_comment_is_changed_in_place
test_not_there = test_tickets.test_a_ticket_that_is_not_there_is_told
test_among_many = test_tickets.test_ours_is_found_among_many
test_two_machines = test_tickets.test_two_machines_at_once_end_with_one_comment
test_what_quotes = test_tickets.test_what_quotes_ours_or_goes_on_from_it_is_a_persons
test_sent_once = test_tickets.test_a_message_is_sent_once_and_then_kept_up_to_date
KINDS: dict[str, tuple[type[TicketService], Connect, str]] = {
    "gitlab": (GitlabService, gitlab.connect, "acme/shop#8"),
    "jira": (JiraService, jira.connect, "SUP-8"),
    "zendesk": (ZendeskService, zendesk.connect, "9"),
}
FILE = Upload(name="repro-run-1.html", data=b"<p>", type="text/html")


class ServiceBench(Bench):
    def __init__(self, kind: str, service: TicketService, ca: Path) -> None:
        connect = KINDS[kind][1]
        self.service, self.key, self.gone = service, service.key, KINDS[kind][2]
        token = Token(kind, kind, {variable(kind): "a-token"})
        settings = TicketSettings(url=service.base, user="bot@example.com")
        self.connect = lambda: connect(settings, token, Network(ca))
        self.system = self.connect()

    page = 100

    def another(self) -> TicketSystem:
        return self.connect()

    def write(self, text: str) -> None:
        self.service.add(text, public=False)

    def said(self) -> list[str]:
        return [each.body for each in self.service.comments]

    def public(self) -> list[str]:
        return [each.body for each in self.service.comments if each.public]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Certificates(tmp_path_factory.mktemp("ca")).issue("server")


@pytest.fixture(params=KINDS)
def bench(request: pytest.FixtureRequest, certificate: Path) -> Iterator[ServiceBench]:
    service = KINDS[request.param][0]()
    with service.serving(certificate):
        made = ServiceBench(request.param, service, certificate / "ca.pem")
        _leave_out(request, made)
        yield made
        made.system.close()


def _leave_out(request: pytest.FixtureRequest, bench: ServiceBench) -> None:
    """A file that a comment carries belongs to no ticket before."""
    if "attach" in request.node.name.split("[")[-1] and bench.system.powers.carried:
        pytest.skip("its files come with a comment")


FAILURES = [
    pytest.param(Answer(500, {"message": "Server Error"}), id="500"),
    pytest.param(Answer(502), id="502"),
    pytest.param(Answer(cut=True), id="cut"),
    pytest.param(Answer(429, {"error": "slow down"}, {"Retry-After": "7"}), id="429"),
]


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_before_the_comment_is_told_and_made_good(
    bench: ServiceBench, failure: Answer
) -> None:
    message = a_message("**Reproduced**", ticket=f"x:{bench.key}")
    bench.service.before = [failure]
    with pytest.raises(TicketBusyError):
        send(bench.system, message)
    assert bench.said() == []
    assert send(bench.system, message).action == "created"
    assert len(bench.said()) == 1


@pytest.mark.parametrize("failure", FAILURES[:3])
def test_a_failure_after_the_comment_makes_no_second_one(
    bench: ServiceBench, failure: Answer
) -> None:
    message = a_message("**Reproduced**", ticket=f"x:{bench.key}")
    bench.service.after = [failure]
    assert send(bench.system, message).action == "created"
    assert send(bench.system, message).action == "unchanged"
    assert len(bench.said()) == 1


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_in_the_middle_of_an_upload(bench: ServiceBench, failure: Answer) -> None:
    message = a_message("**Reproduced**", ticket=f"x:{bench.key}", files=(FILE,))
    bench.service.before = [failure]
    with pytest.raises(TicketBusyError):
        send(bench.system, message)
    assert bench.said() == []
    assert send(bench.connect(), message).action == "created"
    assert len(bench.said()) == 1
    assert list(bench.system.files(bench.key)) == [FILE.name]


def test_a_failure_between_upload_and_comment_loses_no_file(bench: ServiceBench) -> None:
    """As when the command was killed there: another one has to make it good."""
    message = a_message("**Reproduced**", ticket=f"x:{bench.key}", files=(FILE,))
    bench.system.attach(bench.key, FILE, public=False)
    later = bench.connect()
    assert send(later, message).action == "created"
    assert list(later.files(bench.key)) == [FILE.name]
    assert send(later, message).action == "unchanged"
    later.close()


def test_a_file_that_comes_later_comes_to_the_ticket(bench: ServiceBench) -> None:
    message = a_message("**Reproduced**", ticket=f"x:{bench.key}")
    send(bench.system, message)
    send(bench.system, message.model_copy(update={"files": (FILE,)}))
    assert list(bench.system.files(bench.key)) == [FILE.name]


def test_of_two_machines_at_once_no_files_are_lost(
    bench: ServiceBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those that came with the comment that gave way."""
    barrier = threading.Barrier(2, timeout=60)
    systems = [bench.connect(), bench.connect()]
    messages = []
    for number, each in enumerate(systems):
        monkeypatch.setattr(each, "create", test_tickets.together(each.create, barrier))
        files = (FILE.model_copy(update={"name": f"repro-run-{number}.html"}),)
        messages.append(a_message(f"result {number}", ticket=f"x:{bench.key}", files=files))
    with ThreadPoolExecutor(2) as machines:
        list(machines.map(send, systems, messages))
    assert sorted(bench.system.files(bench.key)) == ["repro-run-0.html", "repro-run-1.html"]
    for each in systems:
        each.close()


def test_an_update_hides_what_was_internal(bench: ServiceBench) -> None:
    send(bench.system, a_message("**Reproduced**", ticket=f"x:{bench.key}"))
    send(bench.system, a_message("Gone.", ticket=f"x:{bench.key}"))
    assert bench.public() == []

"""Debian's Request Tracker on loopback, with a database of its own.

Accounts: ``agent``, who may do all that an engineer does; ``visitor``, who sees nothing; the
requestor of a ticket is a customer, who is sent what is public.  The queue has a custom field.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from tests.servers import Server, free_port, printed

SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
SETUP = Path("/usr/sbin/rt-setup-database-5")
FIELD = "Reproduction"
_CONFIG = """
Set($rtname, 'example.com');
Set($Organization, 'example.com');
Set($WebDomain, '127.0.0.1');
Set($WebPort, PORT);
Set($DatabaseType, 'SQLite');
Set($DatabaseName, 'FOLDER/rt5');
Set($MailCommand, 'testfile');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'warning');
Set($BcryptCost, 4);
Set($WebSessionClass, 'Apache::Session::File');
$RT::MasonDataDir = 'FOLDER/mason';
$RT::MasonSessionDir = 'FOLDER/session';
1;
"""
_SEED = r"""
use lib '/usr/local/share/request-tracker5/lib', '/usr/share/request-tracker5/lib';
use RT; RT->LoadConfig; RT->Init; use JSON;
my $system = RT->SystemUser; my %tokens;
my $queue = RT::Queue->new($system); $queue->Load('General');
for my $name (qw(agent visitor)) {
    my $user = RT::User->new($system);
    my ($id, $why) = $user->Create(
        Name => $name, EmailAddress => "$name\@example.com", Privileged => 1);
    die $why unless $id;
    my $token = RT::AuthToken->new($system);
    my ($made, $said, $text) = $token->Create(Owner => $user->id, Description => 'test');
    die $said unless $made;
    $tokens{$name} = $text;
}
my $agent = RT::User->new($system); $agent->Load('agent');
for my $right (qw(SeeQueue ShowTicket ShowTicketComments CommentOnTicket ReplyToTicket CreateTicket
                  ModifyTicket DeleteTicket SeeCustomField ModifyCustomField)) {
    my ($granted, $why) = $agent->PrincipalObj->GrantRight(Right => $right, Object => $queue);
    die "$right: $why" unless $granted;
}
my $field = RT::CustomField->new($system);
my ($made, $why) = $field->Create(
    Name => 'FIELD', Type => 'Text', MaxValues => 1, LookupType => 'RT::Queue-RT::Ticket');
die $why unless $made;
$field->AddToObject(RT::Queue->new($system));
print JSON::to_json(\%tokens), "\n";
"""


class RtServer:
    """Call ``start`` first, ``stop`` last."""

    def __init__(self, folder: Path) -> None:
        self._home = folder / "rt"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.tokens: dict[str, str] = {}
        self._config = _CONFIG.replace("PORT", str(port)).replace("FOLDER", str(self._home))
        self._env = {
            "RT_SITE_CONFIG": str(self._home / "RT_SiteConfig.pm"),
            "RT_SITE_CONFIG_DIR": str(self._home / "more"),
        }
        command = [str(SERVER), "--host", "127.0.0.1", "--port", str(port), "--max-workers", "2"]
        self._server = Server(
            command, self._home, self._env, f"{self.url}/REST/2.0/rt", folder / "rt.log"
        )

    def start(self) -> None:
        """The first time, with a database made for it."""
        if not self.tokens:
            for name in ("more", "mason", "session"):
                (self._home / name).mkdir(parents=True)
            (self._home / "RT_SiteConfig.pm").write_text(self._config)
            self._run(str(SETUP), "--action", "init", "--skip-create")
            self.tokens = json.loads(self._run("perl", "-", given=_SEED.replace("FIELD", FIELD)))
        self._server.start()

    def stop(self) -> None:
        """What it was told is kept."""
        self._server.stop()

    def ticket(self, subject: str = "It fails", text: str = "It fails.") -> str:
        """A new ticket; its key."""
        given = {
            "Queue": "General",
            "Subject": subject,
            "Content": text,
            "ContentType": "text/plain",
            "Requestor": "customer@example.com",
        }
        return str(self.ask("agent", "POST", "ticket", json=given)["id"])

    def delete(self, key: str) -> None:
        """Mark a ticket as deleted."""
        self.ask("agent", "DELETE", f"ticket/{key}")

    def said(self, key: str) -> list[tuple[str, str]]:
        """What was written on a ticket: its kind (Create, Comment, Correspond), and the text."""
        query = "fields=Filename,Content,TransactionId,ContentType&per_page=100"
        found = self.ask("agent", "GET", f"ticket/{key}/attachments?{query}")["items"]
        texts = [each for each in found if each.get("Content") and not each.get("Filename")]
        return [
            (self.ask("agent", "GET", f"transaction/{each['TransactionId']}")["Type"],
             each["Content"])
            for each in sorted(texts, key=lambda each: int(each["id"]))
        ]  # fmt: skip

    def files(self, key: str) -> list[str]:
        """The names of what is attached to a ticket."""
        query = "fields=Filename&per_page=100"
        found = self.ask("agent", "GET", f"ticket/{key}/attachments?{query}")["items"]
        return [each["Filename"] for each in found if each.get("Filename")]

    def field(self, key: str) -> str:
        """What the custom field of a ticket holds."""
        fields = self.ask("agent", "GET", f"ticket/{key}")["CustomFields"]
        return "\n".join(next(each["values"] for each in fields if each["name"] == FIELD))

    def ask(self, who: str, method: str, path: str, **rest: Any) -> Any:
        """RT's answer to somebody."""
        headers = {"Authorization": f"token {self.tokens[who]}"}
        url = f"{self.url}/REST/2.0/{path}"
        with httpx.Client(trust_env=False, timeout=60) as client:
            answer = client.request(method, url, headers=headers, **rest).raise_for_status()
        return answer.json() if answer.content.strip() else {}

    def _run(self, *command: str, given: str | None = None) -> str:
        return printed(command, self._home, self._env, given)

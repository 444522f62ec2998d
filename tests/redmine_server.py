"""Debian's Redmine on loopback, with a database and files of its own.

A project with three accounts: ``agent``, who may do all that an engineer does; ``customer``, a
reporter, who sees no private notes; ``visitor``, who sees nothing.
"""

from __future__ import annotations

import json
import secrets
import shutil
from pathlib import Path
from typing import Any

import httpx

from tests.servers import Server, free_port, printed

HOME = Path("/usr/share/redmine")
_SEED = r"""
require 'json'
ActiveRecord::Migration.verbose = false
ActiveRecord::Base.connection.migration_context.migrate
ActiveRecord::Base.descendants.each(&:reset_column_information)
Redmine::DefaultData::Loader.load('en')
Setting.rest_api_enabled = '1'
project = Project.create!(name: 'Support', identifier: 'support', is_public: false,
                          enabled_module_names: ['issue_tracking'], trackers: Tracker.all.to_a)
agents, reporters = Role.find_by(name: 'Manager'), Role.find_by(name: 'Reporter')
agents.add_permission!(:view_private_notes, :set_notes_private, :edit_own_issue_notes)
reporters.remove_permission!(:view_private_notes, :set_notes_private)
tokens = {'agent' => agents, 'customer' => reporters, 'visitor' => nil}.map do |name, role|
  user = User.new(firstname: name, lastname: 'Example', mail: "#{name}@example.com")
  user.login = name
  user.password = user.password_confirmation = SecureRandom.hex(12)
  user.save!
  Member.create!(project: project, user: user, roles: [role]) if role
  [name, user.api_key]
end
puts tokens.to_h.to_json
"""


class RedmineServer:
    """Call ``start`` first, ``stop`` last."""

    def __init__(self, folder: Path) -> None:
        self._home = folder / "redmine"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.tokens: dict[str, str] = {}
        self._env = {"RAILS_ENV": "production", "REDMINE_INSTANCE": "default"}
        command = ["puma", "-e", "production", "-b", f"tcp://127.0.0.1:{port}", "-t", "2:4"]
        self._server = Server(
            [*command, "config.ru"], self._home, self._env, self.url, folder / "redmine.log"
        )

    def start(self) -> None:
        """The first time, with a database made for it."""
        if not self.tokens:
            self._lay_out()
            self.tokens = json.loads(self._run("rails", "runner", "-", given=_SEED))
        self._server.start()

    def stop(self) -> None:
        """What it was told is kept."""
        self._server.stop()

    def issue(self, subject: str = "It fails", text: str = "It fails.") -> str:
        """A new issue; its key."""
        given = {"project_id": "support", "subject": subject, "description": text}
        answer = self.ask("agent", "POST", "issues.json", json={"issue": given})
        return str(answer["issue"]["id"])

    def delete(self, key: str) -> None:
        """Delete an issue."""
        self.ask("agent", "DELETE", f"issues/{key}.json")

    def see(self, who: str, key: str) -> dict[str, Any]:
        """An issue with its notes and files, as somebody sees it."""
        query = "include=journals,attachments"
        return dict(self.ask(who, "GET", f"issues/{key}.json?{query}")["issue"])

    def notes(self, who: str, key: str) -> list[str]:
        """The notes of an issue that somebody sees."""
        return [each["notes"] for each in self.see(who, key)["journals"] if each["notes"]]

    def shown(self, texts: list[str]) -> list[str]:
        """Texts in Textile as the HTML that Redmine shows."""
        script = (
            "require 'json'; ctrl = IssuesController.new; "
            "ctrl.request = ActionDispatch::TestRequest.create; view = ctrl.view_context; "
            f"texts = JSON.parse(File.read({str(self._home / 'texts.json')!r})); "
            "puts texts.map { |text| view.textilizable(text).to_s }.to_json"
        )
        (self._home / "texts.json").write_text(json.dumps(texts))
        return list(json.loads(self._run("rails", "runner", script)))

    def told(self, texts: list[str], formatting: str) -> list[list[str]]:
        """The logins that Redmine would tell of each text, with its text formatting set so."""
        script = (
            f"require 'json'; Setting.text_formatting = {formatting!r}; "
            f"texts = JSON.parse(File.read({str(self._home / 'texts.json')!r})); "
            "puts texts.map { |text| Journal.new.send(:scan_for_mentioned_users, text).flatten }"
            ".to_json; Setting.text_formatting = 'textile'"
        )
        (self._home / "texts.json").write_text(json.dumps(texts))
        return list(json.loads(self._run("rails", "runner", script)))

    def ask(self, who: str, method: str, path: str, **rest: Any) -> Any:
        """Redmine's answer to somebody."""
        headers = {"X-Redmine-API-Key": self.tokens[who]}
        url = f"{self.url}/{path}"
        with httpx.Client(trust_env=False, timeout=60) as client:
            answer = client.request(method, url, headers=headers, **rest).raise_for_status()
        return answer.json() if answer.content.strip() else {}

    def _lay_out(self) -> None:
        """A copy: what Debian's instance is, is left alone."""
        shutil.copytree(HOME, self._home, ignore=shutil.ignore_patterns("instances"))
        own = self._home / "instances" / "default"
        for name in ("config", "files", "log", "tmp", "public"):
            (own / name).mkdir(parents=True)
        database = own / "redmine.sqlite"
        config = f"production:\n  adapter: sqlite3\n  database: {database}\n"
        (self._home / "config" / "database.yml").unlink()
        for place in (self._home / "config", own / "config"):
            (place / "database.yml").write_text(config)
        (own / "config" / "secret_key.txt").write_text(secrets.token_hex(32))

    def _run(self, *command: str, given: str | None = None) -> str:
        return printed(command, self._home, self._env, given)

"""``repro report`` through the command line, on runs that are in a home."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from repro.report.data import schema
from repro.settings import Settings
from tests.unit.cli.workspace import Cli, command_line
from tests.unit.kept import keep
from tests.unit.report.subjects import SICK, case, run, step


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", cache=tmp_path / "cache")


@pytest.fixture
def cli(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Cli:  # fmt: skip
    """The command line in this process, with settings of its own."""
    monkeypatch.setenv("REPRO_SETTINGS", str(tmp_path / "settings.yml"))
    monkeypatch.setenv("REPRO_HOME", str(settings.home))
    monkeypatch.setenv("REPRO_CACHE", str(settings.cache))
    monkeypatch.setenv("REPRO_DEBUG", "")
    monkeypatch.chdir(tmp_path)
    return command_line(monkeypatch, capsys)


def configure(tmp_path: Path, **keys: Any) -> None:
    (tmp_path / "settings.yml").write_text(yaml.safe_dump(keys), "utf-8")


def test_markdown_on_standard_output_and_nothing_else(settings: Settings, cli: Cli) -> None:
    keep(settings, run(SICK), case())
    status, out, err = cli("report", "last")
    assert (status, err) == (0, "")
    assert out.startswith("**Reproduced**: ")


def test_a_file_where_one_is_named(settings: Settings, cli: Cli, tmp_path: Path) -> None:
    keep(settings, run(SICK), case())
    status, out, _ = cli("report", "last", "--lang", "ja", "-o", "report.md")
    assert (status, out) == (0, "")
    assert (tmp_path / "report.md").read_text("utf-8").startswith("**再現**: ")


def test_a_file_that_cannot_be_written_is_named(settings: Settings, cli: Cli) -> None:
    keep(settings, run(SICK), case())
    status, _, err = cli("report", "last", "-o", "no/such/folder.md")
    assert status == 2
    assert "next: name a file, in a folder that is there" in err
    assert "no/such/folder.md cannot be written" in err


def test_json_by_its_schema(settings: Settings, cli: Cli) -> None:
    keep(settings, run(SICK), case())
    keep(settings, run(SICK, version="1.3", name="20261121-224156-demo-1-0a1c"), case())
    _, out, _ = cli("report", "last", "--format", "json", "--against", "last~1")
    made = json.loads(out)
    jsonschema.Draft202012Validator(schema()).validate(made)
    assert made["diff"]["a"] == "20261121-224156-demo-1-0a1c"


def test_the_schema_of_reports_is_printed(cli: Cli) -> None:
    status, out, _ = cli("schema", "--report")
    assert status == 0
    assert json.loads(out) == schema()


def test_junit_is_xml(settings: Settings, cli: Cli) -> None:
    keep(settings, run(SICK), case())
    _, out, _ = cli("report", "last", "--format", "junit")
    assert ET.fromstring(out).get("failures") == "1"


def test_an_article(settings: Settings, cli: Cli) -> None:
    keep(settings, run(SICK), case())
    assert "## Workaround" in cli("report", "last", "--format", "kb")[1]


def test_the_language_and_the_templates_of_the_settings(
    settings: Settings, cli: Cli, tmp_path: Path
) -> None:
    keep(settings, run(SICK), case())
    ours = tmp_path / "templates"
    ours.mkdir()
    (ours / "report.md.j2").write_text("{{ language }}: {{ account.cell.case }}")
    configure(tmp_path, language="ja", templates=str(ours))
    assert cli("report", "last")[1] == "ja: demo-1\n"
    assert cli("report", "last", "--lang", "en")[1] == "en: demo-1\n"


def test_secrets_are_replaced_and_counted_by_kind_alone(
    settings: Settings, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(settings, run(step("ProtocolError: opensesame-77")), case())
    monkeypatch.setenv("DEMO_TOKEN", "opensesame-77")
    status, out, err = cli("report", "last")
    assert status == 0
    assert "opensesame" not in out + err
    assert "ProtocolError: [redacted]" in out
    assert err.startswith("redacted: ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["report", "last"], "no single run is called 'last'"),
        (["report", "nothing"], "no single run is called 'nothing'"),
        (["report", "last", "--format", "pdf"], "--format 'pdf' should be one of md, html, json"),
    ],
)
def test_what_cannot_be_reported_says_so(cli: Cli, arguments: list[str], told: str) -> None:
    status, out, err = cli(*arguments)
    assert (status, out) == (2, "")
    assert told in err


def test_a_language_that_is_none_names_those_that_are(settings: Settings, cli: Cli) -> None:
    keep(settings, run(SICK), case())
    status, _, err = cli("report", "last", "--lang", "xx")
    assert status == 2
    assert "there are those of en, ja" in err

"""The documents speak of what is there."""

from __future__ import annotations

import re
import subprocess
import sys

import yaml

from tests.support import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def commands() -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "repro", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    listed = done.stdout.split("Commands:")[1]
    return re.findall(r"^  (\w+) ", listed, re.MULTILINE)


def test_every_command_is_in_the_readme() -> None:
    missing = [name for name in commands() if f"repro {name}" not in README]
    assert not missing


def test_every_command_has_help_with_examples() -> None:
    for name in commands():
        done = subprocess.run(
            [sys.executable, "-m", "repro", name, "--help"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert "Example" in done.stdout or "Commands:" in done.stdout, name


def test_the_readme_shows_the_example_as_it_is() -> None:
    shown = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)[0]
    assert shown == (ROOT / "docs" / "example.yml").read_text("utf-8")
    assert len(shown.splitlines()) <= 12


def test_the_settings_of_the_readme_are_settings() -> None:
    from repro.settings import Settings

    shown = next(
        yaml.safe_load(block)
        for block in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
        if "cache_budget" in block
    )
    shown.pop("ca_bundle")
    Settings.model_validate(shown)


def test_links_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "cases" / "README.md"]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.model.observation import Captured
from repro.redact.known import MARK, Redactor
from repro.settings import Mirrors, Proxy, Settings


def known(tmp_path: Path, environ: dict[str, str] | None = None, **rest: object) -> Redactor:
    settings = Settings.model_validate({"home": tmp_path, "cache": tmp_path, **rest})
    return Redactor.known(settings, environ or {})


@pytest.mark.parametrize(
    "name",
    [
        "API_KEY",
        "MY_APIKEY",
        "GITHUB_TOKEN",
        "DB_PASSWORD",
        "client_secret",
        "aws_access_key",
        "SSHPASS",
        "DB_PASS",
        "MYSQL_PWD",
        "REDISCLI_AUTH",
        "APP_KEY",
        "GITHUB_PAT",
    ],
)
def test_values_of_variables_with_a_telling_name(tmp_path: Path, name: str) -> None:
    redactor = known(tmp_path, {name: "hunter2hunter2"})
    assert redactor.text("x hunter2hunter2 y") == f"x {MARK} y"


@pytest.mark.parametrize(
    ("name", "value"),
    [("TOKEN", "short"), ("PATH", "longer-than-eight"), ("SECRET_FILE", "/etc/passwd")],
)
def test_what_is_no_secret_stays(tmp_path: Path, name: str, value: str) -> None:
    assert known(tmp_path, {name: value}).text(f"a {value}") == f"a {value}"


def test_passwords_of_urls_in_settings_and_variables(tmp_path: Path) -> None:
    redactor = known(
        tmp_path,
        {"DATABASE": "postgresql://app:db%40pass@mirror.example/x"},
        proxy=Proxy(https="http://me:proxypass@mirror.example:3128"),
        mirrors=Mirrors(pypi="https://u:mirrorpass@mirror.example/simple"),
        history="postgresql://u:historypass@mirror.example/h",
    )
    for secret in ("proxypass", "mirrorpass", "historypass", "db@pass", "db%40pass"):
        assert redactor.text(f"<{secret}>") == f"<{MARK}>"
    basic = base64.b64encode(b"me:proxypass").decode()
    assert redactor.text(f"Basic {basic}") == f"Basic {MARK}"


def test_secrets_of_other_settings(tmp_path: Path) -> None:
    redactor = known(
        tmp_path,
        notify=("slack://TokenA/TokenB/TokenC",),
        site="https://me:sitepass@site.example",
        tickets={"desk": {"kind": "rt", "url": "https://u:deskpass@desk.example",
                          "options": {"client_secret": "kiwi-kiwi-7"}}},
    )  # fmt: skip
    for secret in ("slack://TokenA/TokenB/TokenC", "sitepass", "deskpass", "kiwi-kiwi-7"):
        assert redactor.text(f"<{secret}>") == f"<{MARK}>"


def test_a_short_password_goes_only_together_with_its_user(tmp_path: Path) -> None:
    redactor = known(tmp_path, proxy=Proxy(http="http://me:a1@mirror.example"))
    assert redactor.text("http://me:a1@x a1") == f"http://{MARK}@x a1"


def test_counts_what_it_replaced() -> None:
    redactor = Redactor(["hunter2hunter2"])
    redactor.text("hunter2hunter2 hunter2hunter2")
    redactor.data(b"hunter2hunter2")
    assert redactor.count == 3


def test_words_of_the_record_itself_stay() -> None:
    assert Redactor(["reproduced"]).text("reproduced") == "reproduced"


def test_a_cut_output_keeps_its_place() -> None:
    tree = {"text": "a hunter2hunter2 b|c", "cut_at": 19, "size": 99, "cut": 7}
    made = Redactor(["hunter2hunter2"]).tree(tree)
    assert made["text"] == f"a {MARK} b|c"
    assert made["text"][made["cut_at"] - 1 :] == "|c"


@pytest.mark.parametrize(("secret", "fit"), [("hunter2hunter2", True), ("hunter2\nhunter2", False)])
@pytest.mark.parametrize("cut_at", [None, 2])
def test_times_stay_where_the_lines_do(secret: str, fit: bool, cut_at: int | None) -> None:
    kept = Captured(text=f"a\nb {secret}\nc", size=99, cut_at=cut_at, times=((1, 0.5), (3, 2.0)))
    assert Redactor([secret]).model(kept).times == (kept.times if fit else ())
    tree = json.loads(kept.model_dump_json())
    made = Redactor([secret]).tree(tree)
    assert made["text"] == f"a\nb {MARK}\nc"
    assert made["times"] == (tree["times"] if fit else [])


def test_times_that_are_of_something_else_stay() -> None:
    tree = {"text": "a hunter2hunter2", "times": 3}
    assert Redactor(["hunter2hunter2"]).tree(tree) == {"text": f"a {MARK}", "times": 3}


@pytest.mark.parametrize("at", range(4, 11))
def test_a_secret_that_the_cut_went_through(at: int) -> None:
    secret = "abcdefghijklmn"
    redactor = Redactor([secret])
    tree = {"text": f"x {secret[:at]}{secret[-4:]} y", "cut_at": 2 + at, "size": 99, "cut": 7}
    made = redactor.tree(tree)
    assert made["text"] == f"x {MARK}{MARK} y"
    assert made["cut_at"] == len(f"x {MARK}")


secrets = st.text(min_size=8, max_size=30).filter(
    # A value that is part of the mark itself would be found again in what replaced it.
    lambda text: text not in MARK and not any(c in MARK for c in text)
)


@given(secret=secrets, before=st.text(), after=st.text())
def test_no_form_of_a_secret_is_left(secret: str, before: str, after: str) -> None:
    redactor = Redactor([secret])
    for form in (secret, json.dumps(secret)[1:-1], quote(secret, safe="", errors="replace")):
        assert form not in redactor.text(before + form + after)
    text = redactor.tree({"k": [before + secret + after]})["k"][0]
    assert secret not in text


def test_is_quick_on_large_text_without_secrets() -> None:
    redactor = Redactor([f"secret-number-{n}" for n in range(20)])
    data = b"an ordinary line of output\n" * 40_000
    began = time.process_time()
    assert redactor.data(data) == data
    assert time.process_time() - began < 1.0

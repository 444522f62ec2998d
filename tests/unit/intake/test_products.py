from __future__ import annotations

import pytest

from repro.intake.products import Product, find_product
from tests.unit.intake.shelf import passages, shelf


def found(text: str, title: str = "It fails", repository: str = "", **fields: str) -> Product:
    given = passages(text, title, fields={key.replace("_", " "): fields[key] for key in fields})
    return find_product(given, shelf().products, repository)


def named(product: Product) -> tuple[str, str]:
    return (
        product.name.value if product.name else "",
        product.version.value if product.version else "",
    )


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        ("redis-py 4.5.3 mixes up replies", "redis-py", "4.5.3"),
        ("Django (4.2) is wrong", "django", "4.2"),
        ("nginx version: nginx/1.22.1", "nginx", "1.22.1"),
        ("PostgreSQL 15.3 crashes", "postgresql", "15.3"),
        ("black, version 24.4.2", "black", "24.4.2"),
        ("```\npip install jinja2==3.1.3\n```", "jinja2", "3.1.3"),
        ("```\n$ npm i ws@8.17.0\n```", "ws", "8.17.0"),
        ("```\n$ pip install leftpad==1.2.0\n```", "pkg:pypi/leftpad", "1.2.0"),
        ("```\n$ npm install @acme/pad@1.2.0\n```", "pkg:npm/%40acme/pad", "1.2.0"),
        ("```\nii  mawk  1.3.4.20200120-3.1  amd64  Pattern scanning\n```", "mawk", ""),
        ("see pkg:pypi/leftpad@2.0", "pkg:pypi/leftpad", "2.0"),
        ("https://pypi.org/project/leftpad/", "pkg:pypi/leftpad", ""),
    ],
)
def test_what_people_write(text: str, name: str, version: str) -> None:
    assert named(found(text))[0] == name
    assert named(found(text))[1].startswith(version)


def test_fields_say_it() -> None:
    product = found("It fails.", Product="redis-py", Affected_Version="4.5.1")
    assert named(product) == ("redis-py", "4.5.1")


def test_a_version_with_a_name_of_its_own() -> None:
    assert named(found("Product: Gunicorn\nVersion: v20.0.2")) == ("gunicorn", "20.0.2")
    assert named(found("製品\uff1aDjango\nバージョン\uff1a4.2")) == ("django", "4.2")


def test_the_ticket_was_opened_at_its_product() -> None:
    text = "Django 4.2, requests 2.31.0 and redis-py 4.5.3 are installed."
    assert named(found(text, repository="redis/redis-py")) == ("redis-py", "4.5.3")


def test_the_title_counts() -> None:
    product = found("With requests 2.31.0 in use.", title="black 24.4.2 cannot parse")
    assert named(product) == ("black", "24.4.2")


def test_what_is_pinned_beside_it() -> None:
    text = (
        "```\npip install docker==7.0.0 requests==2.32.3 urllib3==2.2.1\n```\ndocker-py is broken"
    )
    assert found(text).pins == {"pip": ("requests==2.32.3", "urllib3==2.2.1")}


def test_other_versions_are_told() -> None:
    product = found("black 24.4.2 fails, black 24.4.2 on the server too. black 24.4.0 was fine.")
    assert named(product) == ("black", "24.4.2")
    assert [each.value for each in product.others] == ["24.4.0"]


@pytest.mark.parametrize("text", ["", "It does not work.", "we have 3.1 problems", "a == b"])
def test_nothing_is_made_up(text: str) -> None:
    assert found(text).name is None


def test_a_package_manager_at_work_is_not_the_product() -> None:
    product = found("After `pip install black==24.4.2` it stops.", title="pip install fails")
    assert named(product) == ("black", "24.4.2")
    assert named(found("pip 22.1 prints a warning", title="pip list warns"))[0] == "pip"

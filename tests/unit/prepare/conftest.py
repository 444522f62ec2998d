import pytest

from repro.model.plan import Preparation, Product
from repro.model.profile import Build, OsProfile, OsRelease, PythonForAnsible
from repro.ports import Image
from repro.settings import Settings


@pytest.fixture
def os_profile():
    return OsProfile(
        name="debian-12",
        title="Debian 12",
        family="debian",
        release=OsRelease(id="debian", version_id="12"),
        image="debian:12",
        build=Build(tool="mmdebstrap", suite="bookworm"),
        packages="apt",
        python=PythonForAnsible(install="apt-get install python3"),
    )


@pytest.fixture
def base():
    return Image("debian:12", "sha256:1", "amd64", "local")


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path / "home", cache=tmp_path / "cache")


@pytest.fixture
def redis(os_profile):
    product = Product(
        purl="pkg:pypi/redis", type="pypi", name="redis", version="4.5.3", playbook="pypi"
    )
    return Preparation(os=os_profile, python=True, product=product, vars={"x": "1"})


@pytest.fixture
def find(tmp_path):
    """Playbooks of our own, so that a test can edit them."""
    folder = tmp_path / "playbooks"
    (folder / "tasks").mkdir(parents=True)
    (folder / "tasks" / "shared.yml").write_text("[]")
    for name in ("companions", "pypi", "npm", "deb", "testinfra", "own"):
        (folder / f"{name}.yml").write_text(f"# {name}")
    return lambda name: folder / f"{name}.yml"

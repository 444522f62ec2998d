import json
import subprocess

from hypothesis import given
from hypothesis import strategies as st

from repro.prepare.lock import SCRIPT, parse


def lock_of(output):
    return parse(output, image="debian:12", image_digest="sha256:1", prepared="key")


def section(name, *lines):
    return "\x1e" + "\n".join([name, *lines]) + "\n"


def test_reads_every_section():
    lock = lock_of(
        section(
            "os-release",
            'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"',
            'VERSION_ID="12"',
            "ID=debian",
        )
        + section("architecture", "x86_64")
        + section("dpkg", "mawk\t1.3.4.20200120-3.1", "libc6\t2.36-9+deb12u13")
        + section("pip", "redis\t4.5.3")
        + section("pip-system", "python-apt\t2.6.0")
    )
    assert lock.os_release == {
        "PRETTY_NAME": "Debian GNU/Linux 12 (bookworm)",
        "VERSION_ID": "12",
        "ID": "debian",
    }
    assert lock.architecture == "x86_64"
    assert lock.packages == {
        "dpkg": {"libc6": "2.36-9+deb12u13", "mawk": "1.3.4.20200120-3.1"},
        "pip": {"redis": "4.5.3"},
        "pip-system": {"python-apt": "2.6.0"},
    }
    assert (lock.image, lock.image_digest, lock.prepared) == ("debian:12", "sha256:1", "key")


def test_the_same_package_twice_keeps_both_versions():
    output = section("rpm", "gpg-pubkey\t5-1", "gpg-pubkey\t4-2", "gpg-pubkey\t5-1")
    assert lock_of(output).packages == {"rpm": {"gpg-pubkey": "4-2,5-1"}}


def test_reads_the_data_base_of_apk():
    output = section("apk", "P:musl", "V:1.2.5-r9", "P:busybox", "V:1.37.0-r12")
    assert lock_of(output).packages == {"apk": {"busybox": "1.37.0-r12", "musl": "1.2.5-r9"}}


def test_the_first_of_two_os_release_files_counts():
    assert lock_of(
        section("os-release", "ID=a", "ID=b", "# comment", "X='unclosed")
    ).os_release == {"ID": "a"}


def test_reads_npms_hidden_lockfile_nested_packages_included():
    content = {
        "name": "case",
        "packages": {
            "node_modules/a": {"version": "1.0.0"},
            "node_modules/a/node_modules/@s/b": {"version": "2.0.0"},
            "node_modules/linked": {"link": True},
        },
    }
    output = section("npm", json.dumps(content, indent=2))
    assert lock_of(output).packages == {"npm": {"a": "1.0.0", "a/node_modules/@s/b": "2.0.0"}}


def test_reads_npm_ls_where_there_is_no_hidden_lockfile():
    content = {"dependencies": {"a": {"version": "1", "dependencies": {"b": {"version": "2"}}}}}
    output = section("npm", json.dumps(content))
    assert lock_of(output).packages == {"npm": {"a": "1", "a/node_modules/b": "2"}}


names = st.text(st.characters(categories=["L", "N"], include_characters="-+.@/"), min_size=1)


@given(st.dictionaries(names, names))
def test_what_was_printed_is_what_is_read(packages):
    output = section("dpkg", *(f"{name}\t{version}" for name, version in packages.items()))
    assert lock_of(output).packages == ({"dpkg": packages} if packages else {})


JSON = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    | st.fixed_dictionaries({"packages": inner}) | st.fixed_dictionaries({"dependencies": inner}),
)  # fmt: skip


@given(st.text(), st.text(), JSON)
def test_survives_any_output(before, inside, content):
    lock_of(before + section("dpkg", inside) + section("npm", json.dumps(content)))
    lock_of(before + section("os-release", inside) + section("npm", inside))


def test_the_script_runs_in_a_posix_shell_and_names_this_machine():
    done = subprocess.run(
        ["sh", "-u", "-c", SCRIPT, "sh", "python3"], capture_output=True, text=True, check=False
    )
    lock = lock_of(done.stdout)
    assert done.returncode == 0
    assert lock.os_release["ID"]
    assert lock.architecture

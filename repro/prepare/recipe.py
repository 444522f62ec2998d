"""What a preparation amounts to: layers, playbooks, variables.  Reads files, touches no node."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repro.model.case import Companions
from repro.model.plan import Preparation
from repro.ports import Image
from repro.prepare import lock, network

#: Raised by hand when the procedure in this folder changes what a node looks like.
PROCEDURE = "1"

#: The OS's package that brings npm, where it is not called npm.
_NPM_PACKAGE = {"zypper": "npm-default"}

#: Finds a playbook by name.  Raises ProfileError.
FindPlaybook = Callable[[str], Path]


@dataclass(frozen=True)
class Layer:
    """One saved state: what is in it, and the playbooks that bring it there from the one below."""

    content: Preparation
    key: str
    playbooks: tuple[Path, ...]


def layers(preparation: Preparation, base: Image, find: FindPlaybook) -> tuple[Layer, ...]:
    """What is made one upon another, the lowest first; the last is what was asked for.

    At most three, so that another version of a product costs no more than the product: the OS with
    its Python; the OS's own packages; the product with all that goes by its version.
    """
    found: list[Layer] = []
    known: dict[str, Path] = {}
    for content in _contents(preparation):
        own = [name for name in playbook_names(content) if name not in known]
        known |= {name: find(name) for name in own}
        key = content.key(base.digest, base.architecture, digest(known.values()))
        found.append(Layer(content, key, tuple(known[name] for name in own)))
    return tuple(found)


def _contents(preparation: Preparation) -> list[Preparation]:
    names = playbook_names(preparation)
    update: dict[str, Any] = {
        "python": preparation.python or bool(names),
        "playbook_digest": "",  # the key holds the text of every playbook
        "vars": preparation.vars if set(names) - {"companions"} else {},
    }
    top = preparation.model_copy(update=update)
    if not top.python:
        return [top]
    python = Preparation(os=top.os, python=True)
    packages = Companions.model_validate({top.os.packages: _os_packages(top)})
    contents: list[Preparation] = []
    for content in (python, python.model_copy(update={"companions": packages}), top):
        if content not in contents:
            contents.append(content)
    return contents


def _os_packages(preparation: Preparation) -> tuple[str, ...]:
    """The OS's companions, and npm where something comes from there (as in npm.yml)."""
    manager = preparation.os.packages
    packages: tuple[str, ...] = getattr(preparation.companions, manager)
    if "npm" not in playbook_names(preparation):
        return packages
    npm = preparation.vars.get("node_packages", [_NPM_PACKAGE.get(manager, "npm")])
    return tuple(dict.fromkeys((*packages, *map(str, npm))))


def playbook_names(preparation: Preparation) -> tuple[str, ...]:
    """Playbooks in the order of the case format: the OS's companions first, then the product."""
    product, companions = preparation.product, preparation.companions
    names = [
        "companions" if getattr(companions, preparation.os.packages) else None,
        product.playbook if product else None,
        "pypi" if companions.pip else None,
        "npm" if companions.npm else None,
        "testinfra" if preparation.testinfra else None,
    ]
    return tuple(dict.fromkeys(name for name in names if name))


def variables(preparation: Preparation) -> dict[str, Any]:
    """Extra variables of the playbooks: the case's own, then ours."""
    product, companions = preparation.product, preparation.companions
    kind = product.type if product else ""
    wanted = _requirement(preparation, {"pypi": "==", "npm": "@"}.get(kind, "="))
    return {
        **preparation.vars,
        "repro_product": product.name if product else "",
        "repro_version": (product.version if product else None) or "",
        "repro_companions": companions.model_dump(mode="json"),
        "repro_manager": preparation.os.packages,
        "repro_python": preparation.os.python.path,
        "repro_packages": list(getattr(companions, preparation.os.packages)),
        "repro_pip": [*(wanted if kind == "pypi" else ()), *companions.pip],
        "repro_npm": [*(wanted if kind == "npm" else ()), *companions.npm],
    }


def digest(paths: Iterable[Path]) -> str:
    """SHA-256 of the procedure: its version, the scripts and the playbooks with their tasks."""
    content = hashlib.sha256(f"{PROCEDURE}\0{lock.SCRIPT}\0{network.FOLDER}".encode())
    for path in dict.fromkeys(paths):
        for text in (path, *sorted(path.parent.glob("tasks/*.yml"))):
            content.update(text.name.encode() + b"\0" + text.read_bytes() + b"\0")
    return content.hexdigest()


def describe(preparation: Preparation) -> str:
    """A title for ``repro cache ls`` and messages: what is on which OS."""
    product, companions = preparation.product, preparation.companions
    parts = [" ".join(filter(None, [product.name, product.version]))] if product else []
    for manager in type(companions).model_fields:
        parts += [f"{manager}:{package}" for package in getattr(companions, manager)]
    if preparation.install:
        parts.append("steps of the case")
    if preparation.testinfra:
        parts.append("testinfra")
    if not parts and preparation.python:
        parts.append("Python")
    return f"{', '.join(parts) or 'nothing else'} on {preparation.os.name}"


def _requirement(preparation: Preparation, separator: str) -> tuple[str, ...]:
    product = preparation.product
    if product is None or product.playbook is None:
        return ()
    return (f"{product.name}{separator}{product.version}" if product.version else product.name,)

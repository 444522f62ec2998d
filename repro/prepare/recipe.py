"""What a preparation amounts to: layers, playbooks, variables.  Reads files, touches no node."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from repro.model.plan import Preparation
from repro.prepare import lock, network

#: Raised by hand when the procedure in this folder changes what a node looks like.
PROCEDURE = "1"

#: Finds a playbook by name.  Raises ProfileError.
FindPlaybook = Callable[[str], Path]


def needs_python(preparation: Preparation) -> bool:
    """Whether anything there wants a Python on the node: Ansible, testinfra, the plan."""
    return preparation.python or bool(playbook_names(preparation))


def foundation(preparation: Preparation) -> Preparation:
    """The layer below: the OS with its Python, the same for all products and versions."""
    return Preparation(os=preparation.os, python=True)


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
    if not parts and needs_python(preparation):
        parts.append("Python")
    return f"{', '.join(parts) or 'nothing else'} on {preparation.os.name}"


def _requirement(preparation: Preparation, separator: str) -> tuple[str, ...]:
    product = preparation.product
    if product is None:
        return ()
    return (f"{product.name}{separator}{product.version}" if product.version else product.name,)

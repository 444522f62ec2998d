"""Jinja2 for Markdown: all that is printed is escaped, and a template reaches nothing but values.

A team's templates are its own, but they may have been copied from anywhere: the environment is
sandboxed, what is missing is an error, and every error names the template and the line.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from typing import Any

from jinja2 import (
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from repro import __version__
from repro.errors import InputError
from repro.model.account import Quote
from repro.report.answers import grid_of
from repro.report.escape import code, escape, fence, sentence
from repro.report.looks import SIGNS
from repro.report.template_words import TemplateWords
from repro.report.words import Words

_POINTER, _NO_POINTER = ">>> ", "    "


def fill(name: str, words: Words, **values: Any) -> str:
    """A template, filled in.  Raises InputError naming file and line of one that is wrong."""
    return filled(_environment(words), name, words, **values)


def filled(environment: Environment, name: str, words: Words, **values: Any) -> str:
    """The same in an environment of one's own."""
    try:
        text: str = environment.get_template(name).render(**values)
    except TemplateSyntaxError as error:
        where = f"{error.filename or error.name}, line {error.lineno}"
        raise InputError(f"the template {where} is wrong", cause=str(error.message)) from None
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        where = _where(error, words) or name
        raise InputError(f"the template {where} is wrong", cause=str(error)) from None
    return text.strip() + "\n"


def _environment(words: Words) -> ImmutableSandboxedEnvironment:
    # Autoescape knows what was escaped already (Markup); `finalize` escapes the rest, as Markdown.
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(words.folders),
        autoescape=True,
        finalize=escape,
        undefined=StrictUndefined,
        bytecode_cache=compiled(words),
    )
    environment.filters |= {"code": code, "fence": fence, "cell": _cell, "shown": shown,
                            "pairs": _pairs}  # fmt: skip
    environment.globals = {
        **TemplateWords(words, sentence).functions(),
        "grid": grid_of,
        "share": share,
        "mark": SIGNS.get,
    }
    return environment


def compiled(words: Words) -> FileSystemBytecodeCache | None:
    """Where templates are kept compiled; None where nothing can be kept.

    Constants are escaped while a template is compiled, so each version of repro has its own.
    """
    if words.cache is None:
        return None
    folder = words.cache / __version__
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return FileSystemBytecodeCache(str(folder)) if os.access(folder, os.W_OK) else None


def shown(quote: Quote) -> Markup:
    """A quote as a block of code: the command, then the lines; those with the match pointed at."""
    command = "\n".join(f"$ {line}" for line in quote.command.split("\n"))
    first = quote.before.count("\n")
    last = first + quote.match.count("\n") if quote.match else -1
    lines = quote.text.split("\n") if quote.text else []
    pointed = [
        (_POINTER if first <= at <= last else _NO_POINTER) + line for at, line in enumerate(lines)
    ]
    head = [] if quote.stream == "log" else [command]
    return fence("\n".join([*head, *pointed]))


def _cell(value: object) -> Markup:
    return escape(value, cell=True)


def _pairs(values: Mapping[str, object]) -> str:
    """Variables, one a line."""
    return "\n".join(f"{name}={value}" for name, value in values.items())


def share(chance: float) -> str:
    """``83 %``; never 100 % of what is less."""
    percent = f"{chance * 100:.0f}"
    if percent == "100" and chance < 1:
        percent = f"{min(chance, 0.9999) * 100:.2f}".rstrip("0").rstrip(".")
    return f"{percent} %"


def _where(error: Exception, words: Words) -> str:
    """The innermost line of a template in a trace."""
    folders = tuple(str(folder) for folder in words.folders)
    frames = traceback.extract_tb(error.__traceback__)
    found = [frame for frame in frames if frame.filename.startswith(folders)]
    return f"{found[-1].filename}, line {found[-1].lineno}" if found else ""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from repro.model.case import InteractStep
from repro.model.observation import Captured
from repro.ports import Command
from repro.provider.memory import MemoryNode, MemoryProvider
from repro.replay import interact
from repro.replay.scene import Scene
from tests.engines import debian_12, quiet, request
from tests.support import MATCHER


class Terminal:
    """A program on a terminal that prints these, a moment apart, and ends."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces: Iterator[bytes] = iter(pieces)
        self.typed = b""

    def read(self, timeout: float) -> bytes | None:
        time.sleep(min(timeout, 0.05))
        return next(self._pieces, None)

    def write(self, data: bytes) -> None:
        self.typed += data

    def resize(self, rows: int, columns: int) -> None:
        """It has no size."""

    def close(self) -> int | None:
        return 0


class Node(MemoryNode):
    """A node whose only terminal shows the program."""

    terminal: Terminal

    def console(self, _command: Command, _rows: int = 24, _columns: int = 80) -> Terminal:
        return self.terminal


def talked(*pieces: bytes) -> tuple[Captured, bytes, bytes]:
    """What is kept of a dialogue, what was typed, and what was shown meanwhile."""
    provider = MemoryProvider()
    image = provider.os_image(debian_12(), quiet)
    node = Node(provider, request(image).nodes[0])
    node.terminal = Terminal(*pieces)
    shown: list[bytes] = []
    scene = Scene(
        environment=provider.start(request(image), quiet),
        env={"node": {}},
        search=MATCHER.search,
        observe=lambda _observation: None,
        output=lambda _step, _node, _stream, data: shown.append(data),
        cancel=threading.Event(),
    )
    step = InteractStep.model_validate(
        {"interact": "login", "dialogue": [{"expect": "Naïve user:", "send": "x"}]}
    )
    attempt = interact.perform(step, "talk", node, scene)
    assert attempt.problem == ""
    return attempt.result.stdout, node.terminal.typed, b"".join(shown)


def test_a_dialogue_is_kept_with_its_times() -> None:
    kept, typed, shown = talked(b"welcome\r\n", "Naïve user:".encode(), b" x\r\n", b"bye\r\n")
    assert typed == b"x\r"
    assert kept.text == shown.decode() == "welcome\r\nNaïve user: x\r\nbye\r\n"
    assert [lines for lines, _ in kept.times] == [1, 2, 3]


def test_a_character_that_came_in_two_pieces_is_one() -> None:
    kept, typed, _ = talked(b"Na\xc3", b"\xafve user:", b"\xff")
    assert typed == b"x\r"
    assert kept.text == "Naïve user:\\xff"

"""Output of any size and any bytes, kept within bounds, and when it came."""

from __future__ import annotations

import time

from repro.model.observation import Captured, Times

#: What comes of a stream within so many seconds is one piece, unless another stream came between.
_GRAIN = 0.02
#: Pieces of a stream that are told apart, at most; were there more, time is taken in longer grains.
_PIECES = 512


class Capture:
    """Both streams of a command, at most ``keep`` bytes (about) of each.

    The command begins when this is made: ``began``, by ``time.monotonic``.
    """

    def __init__(self, keep: int) -> None:
        self.began = time.monotonic()
        self._keepers = {"stdout": Keeper(keep), "stderr": Keeper(keep)}
        self._last = ""

    def add(self, stream: str, data: bytes) -> None:
        """Take the next piece of a stream, which came just now."""
        at = time.monotonic() - self.began
        self._keepers[stream].add(data, at, apart=stream != self._last)
        self._last = stream

    @property
    def stdout(self) -> Captured:
        """What is kept of standard output."""
        return self._keepers["stdout"].captured()

    @property
    def stderr(self) -> Captured:
        """What is kept of standard error."""
        return self._keepers["stderr"].captured()


class Keeper:
    """Keeps the first and the last bytes of a stream, together at most ``keep`` (about)."""

    def __init__(self, keep: int) -> None:
        self._tail_size = keep // 2
        self._head_size = keep - self._tail_size
        self._head = bytearray()
        self._tail = bytearray()
        self._pace = _Pace()
        self.size = 0

    def add(self, data: bytes, at: float, *, apart: bool = False) -> None:
        """Take the next piece, which came ``at`` seconds; ``apart``: another stream came since."""
        self.size += len(data)
        self._pace.add(self.size, at, apart=apart)
        room = self._head_size - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if not data:
            return
        if len(data) >= self._tail_size:
            self._tail[:] = data[len(data) - self._tail_size :]
            return
        self._tail += data
        # Trimmed seldom, since each time moves what remains.
        if len(self._tail) > 4 * self._tail_size:
            del self._tail[: len(self._tail) - self._tail_size]

    def captured(self) -> Captured:
        """What is kept, as text, with the place and size of what is not."""
        head = bytes(self._head)
        tail = bytes(self._tail[max(0, len(self._tail) - self._tail_size) :])
        if len(head) + len(tail) == self.size:
            times = self._pace.by_lines(head + tail, self.size, 0)
            return Captured(text=_text(head + tail), size=self.size, times=times)
        head = whole_characters(head)
        tail = tail[_continuation(tail) :]
        cut = self.size - len(head) - len(tail)
        text = _text(head)
        return Captured(
            text=text + _text(tail),
            size=self.size,
            cut=cut,
            cut_at=len(text),
            times=self._pace.by_lines(head + tail, len(head), cut),
        )


class _Pace:
    """When a stream came: at each of a few times, how many of its bytes there were.

    Lines are counted in the end, in what is kept: a stream may be far too long to count them all.
    """

    def __init__(self) -> None:
        self._marks: list[tuple[int, float]] = []
        self._grain = _GRAIN

    def add(self, size: int, at: float, *, apart: bool) -> None:
        """``at`` seconds there were ``size`` bytes."""
        if self._marks and not apart and self._grain_of(at) == self._grain_of(self._marks[-1][1]):
            self._marks.pop()
        self._marks.append((size, at))
        if len(self._marks) > _PIECES:
            self._thin()

    def _grain_of(self, at: float) -> float:
        return at // self._grain

    def _thin(self) -> None:
        """Keep the last mark of each grain, and room for as many more."""
        while True:
            last = {self._grain_of(at): (size, at) for size, at in self._marks}
            if len(last) <= _PIECES // 2:
                break
            self._grain *= 2
        self._marks = list(last.values())

    def by_lines(self, kept: bytes, place: int, cut: int) -> Times:
        """The times of the lines of ``kept``, from which ``cut`` bytes are missing at ``place``."""
        if not kept:
            return ()
        found: dict[int, float] = {}
        lines = done = 0
        for size, at in self._marks:
            there = size if size <= place else max(place, size - cut)
            lines += kept.count(b"\n", done, there)
            done = there
            if lines:
                found.setdefault(lines, round(at, 6))
        if not kept.endswith(b"\n"):
            found[lines + 1] = round(self._marks[-1][1], 6)
        return tuple(found.items())


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def whole_characters(data: bytes) -> bytes:
    """Without the first bytes of a UTF-8 character whose others were cut off at the end."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return data[:-back] if length > back else data
        if byte < 0x80:
            break
    return data


def _continuation(data: bytes) -> int:
    """How many bytes at the start belong to a character that began before."""
    count = 0
    while count < min(3, len(data)) and 0x80 <= data[count] < 0xC0:
        count += 1
    return count

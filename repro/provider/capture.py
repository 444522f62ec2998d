"""Output of any size and any bytes, kept within bounds."""

from __future__ import annotations

from repro.model.observation import Captured


class Keeper:
    """Keeps the first and the last bytes of a stream, together at most ``keep`` (about)."""

    def __init__(self, keep: int) -> None:
        self._tail_size = keep // 2
        self._head_size = keep - self._tail_size
        self._head = bytearray()
        self._tail = bytearray()
        self.size = 0

    def add(self, data: bytes) -> None:
        """Take the next piece."""
        self.size += len(data)
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
        tail = bytes(self._tail[max(0, len(self._tail) - self._tail_size) :])
        if len(self._head) + len(tail) == self.size:
            return Captured(text=_text(bytes(self._head) + tail), size=self.size)
        head = whole_characters(bytes(self._head))
        tail = tail[_continuation(tail) :]
        text = _text(head)
        return Captured(
            text=text + _text(tail),
            size=self.size,
            cut=self.size - len(head) - len(tail),
            cut_at=len(text),
        )


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

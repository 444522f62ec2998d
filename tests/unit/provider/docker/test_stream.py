from __future__ import annotations

import socket
import struct

from hypothesis import given
from hypothesis import strategies as st

from repro.provider.docker.stream import Demultiplexer, Stream


@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=30))),
    st.lists(st.integers(1, 9), min_size=1),
)
def test_pieces_come_apart_wherever_they_are_split(
    frames: list[tuple[int, bytes]], steps: list[int]
) -> None:
    data = b"".join(struct.pack(">BxxxI", kind, len(body)) + body for kind, body in frames)
    found = {"stdout": b"", "stderr": b""}

    def take(name: str, piece: bytes) -> None:
        found[name] += piece

    demultiplexer = Demultiplexer(take)
    at, turn = 0, 0
    while at < len(data):
        step = steps[turn % len(steps)]
        demultiplexer.feed(data[at : at + step])
        at, turn = at + step, turn + 1
    for kind, name in ((1, "stdout"), (2, "stderr")):
        assert found[name] == b"".join(body for which, body in frames if which == kind)


def test_a_stream_waits_gives_and_ends() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        stream = Stream(ours)
        assert stream.receive(0.01) == b""
        theirs.sendall(b"x" * 10)
        assert stream.receive(1) == b"x" * 10
        stream.feed(b"y" * 1_000_000)
        got = b""
        while piece := theirs.recv(65536):
            got += piece
        assert got == b"y" * 1_000_000
        theirs.close()
        assert stream.receive(1) is None
        stream.close()
        stream.close()
        assert stream.receive(0.01) is None

"""Nodes that exist only in this process: for tests of what stands upon ``repro.ports``.

Nothing is executed.  A few programs are simulated (``programs``), enough to hold the contract
that every provider holds; what a script would do is told with ``answer``, and trouble with
``fail`` and ``MemoryNode.lose``.  Time is real, so that time-outs and cancelling are too.
"""

from repro.provider.memory.programs import Call, Program, Reply
from repro.provider.memory.provider import MemoryEnvironment, MemoryNode, MemoryProvider

__all__ = ["Call", "MemoryEnvironment", "MemoryNode", "MemoryProvider", "Program", "Reply"]

"""Asks the nodes what the conditions need to know, once the steps are done.

Only looks: the answers become observations, and ``judge`` decides on those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from repro.check import testinfra_host
from repro.errors import NodeLostError
from repro.guest import shell
from repro.model.condition import (
    Condition,
    LogCondition,
    ModuleCondition,
    ProbeCondition,
    PythonCondition,
    question,
    walk,
)
from repro.model.observation import (
    LogObservation,
    ModuleObservation,
    NodeObservation,
    Observation,
    ProbeObservation,
    PythonObservation,
    VersionObservation,
)
from repro.model.plan import NodePlan, Plan
from repro.ports import Command, Environment, GuestFile, Node

_PROBE_TIMEOUT = 60.0
_CHECK_TIMEOUT = 300.0
_LOG_LIMIT = 4 * 2**20
#: Where prepare puts pytest-testinfra on a node that has checks.
_PYTEST = "/opt/repro/testinfra/bin/pytest"


class Prober:
    """The questions of one plan, to the nodes of one environment."""

    def __init__(self, plan: Plan, environment: Environment) -> None:
        self._plan = plan
        self._nodes = environment.nodes
        self._env = {node.name: node.env for node in plan.nodes}
        self._conditions = walk((*plan.symptom, *plan.healthy))
        self._log_sizes: dict[tuple[str, str], int] = {}

    def mark_logs(self) -> None:
        """Note how long the logs are, so that only what the steps write counts."""
        for condition in self._conditions:
            if isinstance(condition, LogCondition):
                for node in self._on(condition.on):
                    self._log_sizes[node.name, condition.log] = self._size(node, condition.log)

    def ask(self) -> Iterable[Observation]:
        """One observation for each question and node, then the state of every node."""
        asked: set[tuple[str, str]] = set()
        for condition in self._conditions:
            if isinstance(condition, ModuleCondition):
                yield from self._guarded(condition, condition.on, self._module)
                continue
            if not isinstance(condition, ProbeCondition | PythonCondition | LogCondition):
                continue
            key = (condition.on or "", question(condition))
            if key in asked:
                continue
            asked.add(key)
            yield from self._guarded(condition, condition.on, self._one)
        yield from self.states()

    def states(self) -> Iterable[NodeObservation]:
        """What the engine says of every node."""
        for name, node in self._nodes.items():
            state = node.state()
            yield NodeObservation(
                node=name, state=state.state, oom_killed=state.oom_killed, exit=state.exit
            )

    def version(self) -> VersionObservation | None:
        """The product's version as its own command says it."""
        if self._plan.version_command is None or self._plan.version_node is None:
            return None
        node = self._nodes[self._plan.version_node]
        result = node.run(self._command(node, self._plan.version_command))
        text = (result.stdout.text or result.stderr.text).strip()
        return VersionObservation(node=node.name, text=text[:200]) if result.exit == 0 else None

    def _guarded(
        self,
        condition: Condition,
        on: str | None,
        ask: Callable[[Condition, Node], Observation],
    ) -> Iterable[Observation]:
        for node in self._on(on):
            try:
                yield ask(condition, node)
            except NodeLostError:
                # Nothing was observed: the condition stays undecided, and the state tells why.
                continue

    def _one(self, condition: Condition, node: Node) -> Observation:
        match condition:
            case ProbeCondition():
                result = node.run(self._command(node, condition.run))
                return ProbeObservation(
                    key=question(condition), node=node.name, command=condition.run, result=result
                )
            case PythonCondition():
                return self._python(condition, node)
            case LogCondition():
                return self._log(condition, node)
        raise TypeError(f"{type(condition).__name__} asks nothing of a node")

    def _module(self, condition: Condition, node: Node) -> Observation:
        assert isinstance(condition, ModuleCondition)
        values, error = testinfra_host.look(node, condition.module, condition.attributes)
        return ModuleObservation(
            key=question(condition),
            node=node.name,
            module=condition.module,
            values=values,
            error=error,
        )

    def _python(self, condition: PythonCondition, node: Node) -> PythonObservation:
        # Inside the node, on itself: nothing of a case runs on the engineer's machine.
        path = "/tmp/repro-checks/test_case.py"
        node.put([GuestFile(path, self._plan.checks[condition.python].encode())])
        argv = (_PYTEST, "-q", "-p", "no:cacheprovider", "--hosts=local://", path)
        result = node.run(
            Command(argv, env=self._env[node.name], cwd="/tmp", timeout=_CHECK_TIMEOUT)
        )
        passed = {0: True, 1: False}.get(-1 if result.exit is None else result.exit)
        return PythonObservation(
            key=question(condition),
            node=node.name,
            file=condition.python,
            passed=None if result.timed_out else passed,
            output=result.stdout if result.stdout.size else result.stderr,
        )

    def _log(self, condition: LogCondition, node: Node) -> LogObservation:
        begin = self._log_sizes.get((node.name, condition.log), 0)
        if begin > self._size(node, condition.log):
            begin = 0  # it was rotated or begun anew
        argv = ("tail", "-c", f"+{begin + 1}", condition.log)
        result = node.run(Command(argv, timeout=_PROBE_TIMEOUT, keep=_LOG_LIMIT))
        return LogObservation(
            key=question(condition),
            node=node.name,
            path=condition.log,
            text=result.stdout.text if result.exit == 0 else None,
        )

    def _size(self, node: Node, path: str) -> int:
        argv = ("sh", "-c", 'wc -c < "$1" 2>/dev/null || echo 0', "sh", path)
        text = node.run(Command(argv, timeout=_PROBE_TIMEOUT)).stdout.text.strip()
        return int(text) if text.isdigit() else 0

    def _command(self, node: Node, script: str) -> Command:
        return Command(
            shell(script, node), env=self._env[node.name], cwd="/case", timeout=_PROBE_TIMEOUT
        )

    def _on(self, name: str | None) -> list[Node]:
        if name is None:
            return list(self._nodes.values())
        return [self._nodes[each.name] for each in self._plan.nodes if _is(each, name)]


def _is(node: NodePlan, name: str) -> bool:
    return node.name == name or name in node.roles

"""Turns an OS image into a node's prepared image: Ansible, shell steps, and the lock."""

from repro.prepare.preparer import Evidence, Preparer
from repro.prepare.tasks import TaskResult

__all__ = ["Evidence", "Preparer", "TaskResult"]

"""Runs what is in the queue: a supervisor starts a process for each submission whose turn it is."""

from paretocaps.service.supervising.supervisor import Supervisor

__all__ = ["Supervisor"]

"""Tells whether a network is being exported as a graph, which knows fewer operations."""

import torch


def is_exporting() -> bool:
    """Return whether `torch.export` traces the network.

    Versions of torch before 2.13 say so of what `torch.compile` traces too.
    """
    return torch.compiler.is_exporting() and not torch.compiler.is_dynamo_compiling()

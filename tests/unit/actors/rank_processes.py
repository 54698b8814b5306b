"""Learner ranks as real processes on this machine."""

import multiprocessing
import socket
from collections.abc import Callable
from typing import Any


def results_of_ranks(
    num_ranks: int,
    target: Callable[..., None],
    arguments: Callable[[int, int], tuple[Any, ...]],
    limit_s: float,
) -> Any:
    """What rank 0 puts into the queue that `target` is given last; a text is a traceback, and fails.

    Args:
        num_ranks: how many processes.
        target: runs in each.
        arguments: by rank and port, what comes before the queue.
        limit_s: until the result is there.
    """
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = [
        context.Process(target=target, args=(*arguments(rank, port), results)) for rank in range(num_ranks)
    ]
    for process in processes:
        process.start()
    try:
        result = results.get(timeout=limit_s)
    finally:
        for process in processes:
            process.join(timeout=60)
            process.kill()
    assert not isinstance(result, str), result
    assert [p.exitcode for p in processes] == [0] * num_ranks
    return result

import multiprocessing
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from actors.engines.rendezvous import Rendezvous, longest_wait
from actors.errors import LearnerError

LIMIT = timedelta(seconds=60)


def test_a_port_is_held_from_the_moment_it_is_named() -> None:
    rendezvous = Rendezvous()
    _, port = rendezvous.address()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("", port))
    rendezvous.close()
    with socket.socket() as other:
        other.bind(("", port))


def _joined(host: str, port: int, results: Any) -> None:
    store = Rendezvous().store(host, port, 1, 2, LIMIT)
    results.put(store.get("word"))


def test_a_rank_that_comes_before_rank_0_has_a_store_waits_for_it() -> None:
    rendezvous, context = Rendezvous(), multiprocessing.get_context("spawn")
    _, port = rendezvous.address()
    results = context.Queue()
    early = context.Process(target=_joined, args=("127.0.0.1", port, results))
    early.start()
    try:
        store = rendezvous.store("127.0.0.1", port, 0, 2, LIMIT)
        store.set("word", "met")
        assert results.get(timeout=60) == b"met"
    finally:
        early.join(timeout=20)
        early.kill()


def test_a_lone_rank_meets_itself_elsewhere_when_its_port_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        store = Rendezvous().store("127.0.0.1", other.getsockname()[1], 0, 1, LIMIT)
        store.set("word", "alone")
        assert store.get("word") == b"alone"
        assert store.port != other.getsockname()[1]


def test_a_taken_port_that_others_were_told_of_is_named() -> None:
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(LearnerError, match=rf"rank 0 of 2 could not meet the others at 127.0.0.1:{port}"):
            Rendezvous().store("127.0.0.1", port, 0, 2, LIMIT)


def test_ranks_wait_for_the_one_that_writes_the_model_as_long_as_a_slow_disk_takes(tmp_path: Path) -> None:
    assert longest_wait(tmp_path) == timedelta(minutes=10)
    # Two files of 15 GB, which take no room: 1,500 seconds at 20 MB a second.
    for number in range(2):
        with (tmp_path / f"model-{number}.safetensors").open("wb") as file:
            file.truncate(15_000_000_000)
    assert longest_wait(tmp_path) == timedelta(minutes=10, seconds=1500)

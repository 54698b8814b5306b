import threading

from driver.outputs.memory import MemoryWatch


def _watching() -> bool:
    return any(thread.name == "memory-watch" for thread in threading.enumerate())


def test_nothing_is_watched_before_the_start_and_after_the_stop() -> None:
    watch = MemoryWatch()
    assert not _watching()
    assert watch.stop() == 0.0
    watch = MemoryWatch()
    watch.start()
    assert _watching()
    watch.stop()
    assert not _watching()

"""Most memory that the processes of a run on this machine held together."""

import threading

import psutil

_PERIOD_S = 5.0
_MIB = 1024 * 1024


class MemoryWatch:
    """Samples this process and its descendants (a local Ray cluster is among them) from `start` to `stop`.

    Shared pages, such as the object store's, are counted once: proportional set size where the kernel tells it.
    """

    def __init__(self) -> None:
        self.peak_mib = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin sampling."""
        self._thread = threading.Thread(target=self._watch, name="memory-watch", daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """End sampling, if it was begun; the peak in MiB."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=_PERIOD_S)
        return self.peak_mib

    def _watch(self) -> None:
        me = psutil.Process()
        while not self._stop.wait(_PERIOD_S):
            processes = [me, *me.children(recursive=True)]
            self.peak_mib = max(self.peak_mib, sum(map(_pss_bytes, processes)) / _MIB)


def _pss_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.Error, AttributeError):
        return 0

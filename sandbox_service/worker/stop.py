"""Why a script was stopped before it ended by itself."""

from enum import StrEnum


class Stop(StrEnum):
    """A cause, as the supervisor reports it; the empty one is none."""

    NONE = ""
    """It ended by itself."""
    TIMEOUT = "timeout"
    """Its time was up."""
    MEMORY = "memory"
    """It held more memory than it may."""
    SOCKETS = "sockets"
    """It opened too many sockets, whose buffers nothing else counts."""
    SCRATCH = "scratch"
    """It filled its scratch folder."""
    CHANNEL = "channel"
    """It took over the channel of its session."""
    ORDER = "order"
    """The pool said so: cancelled, or too much output."""
    POOL_GONE = "pool gone"
    """The pool hung up."""

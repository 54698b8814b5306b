"""What a user can mend: each message says what happened, the numbers, and the key or command to change."""


class DriverError(RuntimeError):
    """Base of every failure that the command line reports as one paragraph, without a traceback."""


class ConfigError(DriverError, ValueError):
    """The run config or an override is wrong."""


class ModelMissingError(DriverError, FileNotFoundError):
    """The model that the run names is nowhere to be had."""


class PlacementError(DriverError):
    """The machine or cluster has too little for what the config asks."""


class RunFolderError(DriverError):
    """The run folder cannot be used: another run holds it, another config made it, or the disk is full."""


class RunAbortedError(DriverError):
    """A fault that no recovery policy covers stopped the run; what was finished is saved."""


class RunInterruptedError(DriverError):
    """The user stopped the run; it goes on from there when started again."""

"""What the sandbox raises when it fails itself; a guest's failure is an `ExecutionResult`."""


class SandboxError(RuntimeError):
    """Base of every error of the sandbox."""


class SandboxUnavailableError(SandboxError):
    """The sandbox cannot start on this machine as configured; the message ends with the cure."""


class WorkerLostError(SandboxError):
    """A worker died or broke its promises; the pool replaces it and runs the request elsewhere."""


class NotAdmittedError(SandboxError):
    """A request was not given a worker: all are busy for too long, or they keep failing."""

"""Runs untrusted Python: limits, isolation, warm workers. Knows nothing of Ray, torch or rewards."""

from sandbox_service.config import SandboxConfig
from sandbox_service.errors import SandboxError, SandboxUnavailableError
from sandbox_service.isolation import IsolationReport, probe_layers
from sandbox_service.records import ExecutionRequest, ExecutionResult, Termination, code_refusal
from sandbox_service.warm.pool import SandboxPool

__all__ = [
    "ExecutionRequest",
    "ExecutionResult",
    "IsolationReport",
    "SandboxConfig",
    "SandboxError",
    "SandboxPool",
    "SandboxUnavailableError",
    "Termination",
    "code_refusal",
    "probe_layers",
]

"""Configuration of the HTTP front. Example: `HttpConfig(port=9000, sandbox=SandboxConfig(num_workers=8))`."""

import ipaddress
import os

from pydantic import Field, model_validator

from sandbox_service.config import SandboxConfig
from sandbox_service.containers.config import ContainerConfig
from sandbox_service.frozen import Settings


class HttpConfig(Settings):
    """Where the front listens, who may use it, and what one request may carry.

    Example: `HttpConfig(host="0.0.0.0", token_file="/run/secrets/token")`.
    """

    host: str = "127.0.0.1"
    """Address to listen on; anything but a loopback address needs a token."""
    port: int = Field(default=8080, ge=0, le=65535)
    """Port to listen on; 0 takes a free one."""
    token_file: str | None = None
    """File with the bearer token that requests must carry; None asks for none."""
    max_body_mib: int = Field(default=16, ge=1, le=256)
    """Largest body of a request; a larger one is answered with 413."""
    fetch_kib: int = Field(default=1024, ge=1, le=65536)
    """Largest total size of the files that one request to `/run_code` fetches."""
    sandbox: SandboxConfig = SandboxConfig()
    """The pool behind the front; its limits bound those of every request."""
    container: ContainerConfig | None = None
    """One container per script instead of warm workers; its limits are those of `sandbox`."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the front."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @model_validator(mode="after")
    def _asks_strangers_for_a_token(self) -> "HttpConfig":
        if self.token_file is None and not self.is_loopback:
            raise ValueError(
                f"host {self.host!r} can be reached from other machines and no token is set: "
                "give --token-file PATH, or keep --host 127.0.0.1"
            )
        return self

    @model_validator(mode="after")
    def _has_existing_token_file(self) -> "HttpConfig":
        if self.token_file is not None and not os.access(self.token_file, os.R_OK):
            raise ValueError(f"token file {self.token_file!r} cannot be read: check --token-file")
        return self

"""Settings of an endpoint. Importing this loads pydantic and nothing heavier."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from actors.frozen import Settings


class EndpointConfig(Settings):
    """A server that speaks OpenAI's chat protocol; the name of a model there stands where it is used."""

    base_url: str | None = None
    """Its address, such as `http://localhost:8000/v1`; needed by `model=endpoint:NAME` and by `synthesis.teacher`."""
    key_env: str | None = Field(default="OPENAI_API_KEY", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """Name of the environment variable that holds the key, never the key itself; null for a server without keys."""
    timeout_s: float = Field(default=120.0, gt=0, le=3600)
    """Longest that one attempt at a request may take, in seconds."""
    max_retries: int = Field(default=5, ge=0, le=50)
    """Further attempts after a time-out, a lost connection, a 429 or a 5xx, after waits that double up to 8 s; a wait
    that the server asks for goes first."""
    requests_per_minute: float | None = Field(default=None, gt=0)
    """Most attempts in a minute, evenly spaced; null sends as they come."""
    rollouts_at_once: int = Field(default=8, ge=1, le=1024)
    """Rollouts that are held side by side, each with one request at a time."""
    max_failures: int = Field(default=8, ge=1)
    """Requests in a row that failed for good, retries included, after which the endpoint is given up."""
    max_turn_tokens: int | None = Field(default=None, ge=1)
    """Most tokens of one turn, hidden reasoning included; null takes `rollout.max_turn_tokens`."""
    token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """Name under which the limit is sent: reasoning models of OpenAI want the second."""
    sends_temperature: bool = True
    """Whether the temperature is sent; some reasoning models refuse it."""

    @field_validator("base_url")
    @classmethod
    def _is_an_address_without_secrets(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(
                "is no address: give it with http:// or https://, such as http://localhost:8000/v1"
            )
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError(
                "has a user, a password or a query: give the address alone, and the key by endpoint.key_env"
            )
        return value

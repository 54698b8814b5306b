"""Asks a model behind an endpoint, through the `openai` package, which retries and waits between attempts.

What is ours: the pace of attempts, their time limit, the counts, what an answer must be, and when to give up. The key
is read from the environment, handed to the package, and cut out of whatever a server says.
"""

import asyncio
import os
import reprlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx2
import openai
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from actors.callables import ChatMessage, Completion, Finish
from actors.endpoints.config import EndpointConfig
from actors.endpoints.rate_limit import RateLimiter
from actors.errors import ChatTooLongError, EndpointDeadError, EndpointError
from actors.frozen import Frozen

_WITHOUT_KEY = "none"
"""What is sent where a server asks for no key; the package insists on one."""
_SHOWN_CHARS = 300
_PROBE = (ChatMessage(role="user", content="Answer with the word ready."),)
_PROBE_TOKENS = 16
_CURES = {
    401: "it refused the key: is the right one in the environment variable that endpoint.key_env names?",
    402: "the account cannot pay for it",
    403: "the key may not use this model",
    404: "it knows no such model or address: is endpoint.base_url right (most end in /v1), and the model's name?",
}
"""Answers that no later request will better, by HTTP status."""
_NO_QUOTA = "insufficient_quota"
_RETRY_HEADER = "x-stainless-retry-count"


class EndpointUsage(Frozen):
    """What was asked of an endpoint, for whoever knows its prices."""

    requests: int = 0
    """Attempts that were sent, those tried again included."""
    retries: int = 0
    """Attempts among them that repeated an earlier one."""
    answers: int = 0
    """Requests that were answered."""
    failures: int = 0
    """Requests that failed for good."""
    prompt_tokens: int = 0
    """Tokens of all messages sent, by the endpoint's own count."""
    completion_tokens: int = 0
    """Tokens that the model sampled, by the endpoint's own count."""

    def plus(self, other: "EndpointUsage") -> "EndpointUsage":
        """Both together."""
        mine, others = self.model_dump(), other.model_dump()
        return EndpointUsage(**{name: count + others[name] for name, count in mine.items()})


class EndpointClient:
    """One model behind one endpoint: a `CompleteFn`. Lives in the event loop that first asks."""

    def __init__(self, config: EndpointConfig, model: str) -> None:
        """Sends nothing yet.

        Raises:
            EndpointDeadError: there is no address, or no key where one should be.
        """
        if config.base_url is None:
            raise EndpointDeadError(
                f"no endpoint to ask {model} at: set endpoint.base_url, such as http://localhost:8000/v1"
            )
        self._config = config
        self._model = model
        self._key = _key(config)
        self._limiter = RateLimiter(config.requests_per_minute)
        self._counts = dict.fromkeys(EndpointUsage.model_fields, 0)
        self._num_failed_in_a_row = 0
        self._dead: str | None = None
        self._client = openai.AsyncOpenAI(
            api_key=self._key or _WITHOUT_KEY,
            base_url=config.base_url,
            timeout=config.timeout_s,
            max_retries=config.max_retries,
            http_client=_PacedClient(self._attempt_begins, config.timeout_s),
        )

    @property
    def usage(self) -> EndpointUsage:
        """What was asked so far."""
        return EndpointUsage(**self._counts)

    async def __call__(
        self, messages: Sequence[ChatMessage], *, temperature: float, max_tokens: int
    ) -> Completion:
        """What the model says next.

        Raises:
            EndpointError: this request failed, as often as it was tried.
            EndpointDeadError: no request will do better, or too many in a row did not.
        """
        if self._dead is not None:
            raise EndpointDeadError(self._dead)
        limits: dict[str, Any] = {self._config.token_limit: max_tokens}
        if self._config.sends_temperature:
            limits["temperature"] = temperature
        try:
            response = await self._client.chat.completions.with_raw_response.create(
                model=self._model, messages=[_param(message) for message in messages], **limits
            )
            completion = _read(response.text)
        except (openai.OpenAIError, EndpointError) as error:
            # Without its cause: what a package keeps of a request has the key in its headers.
            raise self._failure(error) from None
        self._num_failed_in_a_row = 0
        self._counts["answers"] += 1
        self._counts["prompt_tokens"] += completion.num_prompt_tokens
        self._counts["completion_tokens"] += completion.num_tokens
        return completion

    async def probe(self, temperature: float) -> None:
        """Ask one small question, so that what can never work is known before anything is made.

        Args:
            temperature: that of the questions to come, since a model may refuse it.

        Raises:
            EndpointDeadError: it was not answered.
        """
        try:
            await self(_PROBE, temperature=temperature, max_tokens=_PROBE_TOKENS)
        except EndpointDeadError:
            raise
        except EndpointError as error:
            raise EndpointDeadError(str(error)) from None

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def _attempt_begins(self, request: httpx2.Request) -> None:
        """Wait for its turn and count it."""
        await self._limiter.wait()
        self._counts["requests"] += 1
        self._counts["retries"] += request.headers.get(_RETRY_HEADER, "0") != "0"

    def _failure(self, error: Exception) -> EndpointError:
        """What to raise for a request that failed for good; remembers it if no later one will do better."""
        told = f"{self._model} at {self._config.base_url}: {self._told(error)}"
        if _is_too_long(error):
            return ChatTooLongError(told)
        self._counts["failures"] += 1
        self._num_failed_in_a_row += 1
        cure = _CURES.get(getattr(error, "status_code", 0))
        if getattr(error, "code", None) == _NO_QUOTA:
            cure = _CURES[402]
        if cure is None and self._num_failed_in_a_row < self._config.max_failures:
            return EndpointError(told)
        if cure is None:
            cure = f"{self._num_failed_in_a_row} requests in a row failed (endpoint.max_failures)"
        self._dead = f"{told}; {cure}"
        return EndpointDeadError(self._dead)

    def _told(self, error: Exception) -> str:
        """An error in words, the end of its chain of causes with it, cut short and without the key."""
        text = f"{type(error).__name__}: {error}"
        if isinstance(error, openai.APIConnectionError) and error.__cause__ is not None:
            text = f"{type(error).__name__}: {error.__cause__ or type(error.__cause__).__name__}"
        if isinstance(error, openai.APITimeoutError):
            text = f"no answer within endpoint.timeout_s={self._config.timeout_s:g} s"
        if self._key:
            text = text.replace(self._key, "[key]")
        return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}..."


class _PacedClient(openai.DefaultAsyncHttpxClient):
    """The package's own HTTP client, told of every attempt before it goes, with a limit on the whole of each.

    The limits of the HTTP client count from one piece of an answer to the next, so one that trickles would never end.
    """

    def __init__(
        self, begins: Callable[[httpx2.Request], Awaitable[None]], limit_s: float, **options: Any
    ) -> None:
        super().__init__(**options)
        self._begins = begins
        self._limit_s = limit_s

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        await self._begins(request)
        try:
            async with asyncio.timeout(self._limit_s):
                return await super().send(request, **options)
        except TimeoutError as error:
            raise httpx2.ReadTimeout("the whole answer was not there in time", request=request) from error


class _Foreign(BaseModel):
    """Part of an answer; whatever else a server adds is passed over."""

    model_config = ConfigDict(extra="ignore")


class _Message(_Foreign):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Foreign):
    message: _Message
    finish_reason: str | None = None


class _Counted(_Foreign):
    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class _Answer(_Foreign):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Counted | None = None


def _read(body: str) -> Completion:
    """What an answer says.

    Raises:
        EndpointError: it is no chat completion, or there is nothing in it.
    """
    try:
        answer = _Answer.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise EndpointError(
            f"it answered {reprlib.repr(body)}, which is no chat completion ({where}: {first['msg']}): is "
            "endpoint.base_url right? Most end in /v1"
        ) from None
    choice, counted = answer.choices[0], answer.usage or _Counted()
    text = choice.message.content or choice.message.refusal or ""
    if choice.finish_reason == "content_filter":
        raise EndpointError("it held its answer back (content_filter)")
    if not text and not counted.completion_tokens:
        raise EndpointError("it answered with an empty text")
    return Completion(
        text=text,
        finish=Finish.LENGTH if choice.finish_reason == "length" else Finish.STOP,
        num_prompt_tokens=counted.prompt_tokens,
        num_tokens=counted.completion_tokens,
    )


def _param(message: ChatMessage) -> Any:
    return {"role": message.role, "content": message.content}


def _is_too_long(error: Exception) -> bool:
    """Whether a request was refused for the length of its chat alone: OpenAI says so by a code, vLLM in words."""
    if not isinstance(error, openai.BadRequestError):
        return False
    return error.code == "context_length_exceeded" or "maximum context length" in str(error)


def _key(config: EndpointConfig) -> str | None:
    if config.key_env is None:
        return None
    key = os.environ.get(config.key_env, "").strip()
    if not key:
        raise EndpointDeadError(
            f"endpoint.key_env={config.key_env} names an environment variable that is not set: export it with the key "
            "of the endpoint, or set endpoint.key_env=null for a server without keys"
        )
    return key

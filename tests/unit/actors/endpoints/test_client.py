"""The client against a real HTTP server that misbehaves: what is tried again, what is an error, what is counted."""

import asyncio
import logging
import pickle
import socket
from collections.abc import Callable
from typing import Any

import pytest

from actors.callables import ChatMessage, Completion, Finish
from actors.endpoints.client import EndpointClient, EndpointUsage
from actors.errors import ChatTooLongError, EndpointDeadError, EndpointError
from tests.unit.actors.endpoints.endpoint_server import (
    KEY,
    EndpointServer,
    Reply,
    completion,
    failed,
    page,
    trickle,
)

Clients = Callable[..., EndpointClient]


async def asked(client: EndpointClient, text: str = "2 * 3?") -> Completion:
    return await client([ChatMessage(role="user", content=text)], temperature=0.5, max_tokens=7)


async def test_a_request_has_the_chat_and_the_limits_and_an_answer_its_counts(
    server: EndpointServer, client_of: Clients
) -> None:
    client = client_of(server.url, "gpt")
    said = await asked(client)
    assert (said.text, said.finish, said.num_prompt_tokens, said.num_tokens) == (
        "It is <<<6>>>",
        Finish.STOP,
        10,
        5,
    )
    (body,) = server.asked
    assert body == {
        "model": "gpt",
        "messages": [{"role": "user", "content": "2 * 3?"}],
        "temperature": 0.5,
        "max_tokens": 7,
    }
    server.replies = [lambda _: completion("cut", finish="length")]
    assert (await asked(client)).finish is Finish.LENGTH
    assert client.usage == EndpointUsage(requests=2, answers=2, prompt_tokens=20, completion_tokens=10)


async def test_limits_go_under_the_names_that_a_model_takes(
    server: EndpointServer, client_of: Clients
) -> None:
    await asked(client_of(server.url, token_limit="max_completion_tokens", sends_temperature=False))
    assert server.asked[0].keys() == {"model", "messages", "max_completion_tokens"}


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_what_may_pass_is_tried_again_and_counted(
    server: EndpointServer, client_of: Clients, status: int
) -> None:
    server.replies = [lambda _: failed(status, "later", **{"retry-after-ms": "1"})] * 2
    client = client_of(server.url, max_retries=2)
    assert (await asked(client)).text == "It is <<<6>>>"
    assert client.usage == EndpointUsage(
        requests=3, retries=2, answers=1, prompt_tokens=10, completion_tokens=5
    )


async def test_one_that_never_passes_is_one_failure_and_the_next_may_succeed(
    server: EndpointServer, client_of: Clients
) -> None:
    server.replies = [lambda _: failed(429, "slow down", **{"retry-after-ms": "1"})] * 3
    client = client_of(server.url, max_retries=2)
    with pytest.raises(EndpointError, match=r"m at http://127.*429.*slow down") as caught:
        await asked(client)
    assert not isinstance(caught.value, EndpointDeadError)
    assert (await asked(client)).text == "It is <<<6>>>"
    assert client.usage.model_dump() == {
        **{"requests": 4, "retries": 2, "answers": 1, "failures": 1},
        **{"prompt_tokens": 10, "completion_tokens": 5},
    }


@pytest.mark.parametrize("slow", [lambda _: asyncio.sleep(30, "late"), lambda _: trickle()])
async def test_one_that_is_slow_or_trickles_is_given_up_and_tried_again(
    server: EndpointServer, client_of: Clients, slow: Reply
) -> None:
    server.replies = [slow]
    # On a busy machine a good answer may be late too.
    client = client_of(server.url, timeout_s=2, max_retries=5)
    assert (await asked(client)).text == "It is <<<6>>>"
    assert client.usage.retries >= 1
    server.reply = slow
    with pytest.raises(EndpointError, match=r"no answer within endpoint\.timeout_s=0\.2 s"):
        await asked(client_of(server.url, timeout_s=0.2))


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (lambda _: page(), "no chat completion .*endpoint.base_url right"),
        (lambda _: completion("", sampled=0), "an empty text"),
        (lambda _: completion(None, sampled=0), "an empty text"),
        (lambda _: completion("no", finish="content_filter"), "content_filter"),
    ],
)
async def test_nonsense_is_an_error_that_says_what_came(
    server: EndpointServer, client_of: Clients, reply: Reply, told: str
) -> None:
    server.reply = reply
    client = client_of(server.url)
    with pytest.raises(EndpointError, match=told):
        await asked(client)
    assert (client.usage.answers, client.usage.failures) == (0, 1)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": []},
        {"choices": None},
        {"choices": ["x"]},
        {"choices": [{"message": {"content": 6}}]},
        [],
    ],
)
async def test_json_that_is_no_completion_is_an_error(
    server: EndpointServer, client_of: Clients, body: Any
) -> None:
    from fastapi.responses import JSONResponse

    server.reply = lambda _: JSONResponse(body)
    with pytest.raises(EndpointError, match="no chat completion"):
        await asked(client_of(server.url))


async def test_a_refusal_is_something_that_the_model_said(server: EndpointServer, client_of: Clients) -> None:
    server.reply = lambda _: completion(None, refusal="I cannot.")
    assert (await asked(client_of(server.url))).text == "I cannot."


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (403, None, "the key may not use this model"),
        (404, "model_not_found", "knows no such model or address"),
        (402, None, "cannot pay"),
        (429, "insufficient_quota", "cannot pay"),
    ],
)
async def test_what_no_later_request_will_better_ends_it_at_once_and_for_good(
    server: EndpointServer, client_of: Clients, status: int, code: str | None, told: str
) -> None:
    server.reply = lambda _: failed(status, "no", code)
    client = client_of(server.url)
    for _ in range(2):
        with pytest.raises(EndpointDeadError, match=told):
            await asked(client)
    assert len(server.asked) == 1


async def test_request_after_request_that_fails_ends_it(server: EndpointServer, client_of: Clients) -> None:
    server.replies = [lambda _: failed(500, "x"), lambda _: "fine"]
    server.reply = lambda _: failed(500, "out of order")
    client = client_of(server.url, max_failures=3)
    with pytest.raises(EndpointError):
        await asked(client)
    await asked(client)  # begins the count anew
    for number in (1, 2, 3):
        with pytest.raises(EndpointError) as caught:
            await asked(client)
        assert isinstance(caught.value, EndpointDeadError) is (number == 3)
    assert "out of order" in str(caught.value)
    assert "3 requests in a row failed (endpoint.max_failures)" in str(caught.value)


async def test_where_nothing_listens_is_said_with_the_address(client_of: Clients) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(EndpointDeadError, match=f"m at {url}: APIConnectionError: .*connect"):
        await client_of(url).probe(0.5)


@pytest.mark.parametrize(
    "reply",
    [
        lambda _: failed(400, "x", "context_length_exceeded"),
        lambda _: failed(400, "This model's maximum context length is 512 tokens."),
    ],
)
async def test_a_chat_that_is_too_long_is_the_models_limit_and_no_failure(
    server: EndpointServer, client_of: Clients, reply: Reply
) -> None:
    server.reply = reply
    client = client_of(server.url, max_failures=1)
    for _ in range(2):
        with pytest.raises(ChatTooLongError):
            await asked(client)
    assert client.usage.failures == 0


async def test_attempts_are_spaced_also_those_tried_again(server: EndpointServer, client_of: Clients) -> None:
    server.replies = [lambda _: failed(500, "x", **{"retry-after-ms": "1"})]
    client = client_of(server.url, max_retries=1, requests_per_minute=600)
    started = asyncio.get_running_loop().time()
    await asyncio.gather(*[asked(client) for _ in range(4)])
    # Five attempts, a tenth of a second between them: never quicker, and no claim how much slower.
    assert asyncio.get_running_loop().time() - started >= 0.4
    assert client.usage.requests == 5


def every_text_of(error: BaseException) -> str:
    chain, parts = error, []
    while chain is not None:
        parts += [repr(chain), str(chain), repr(chain.args), repr(vars(chain))]
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
    return "\n".join(parts)


async def test_the_key_is_in_no_error_no_log_and_no_repr(
    server: EndpointServer,
    client_of: Clients,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    secret = "sk-wrong-0123456789"
    monkeypatch.setenv("R1CI_TEST_KEY", secret)
    with caplog.at_level(logging.DEBUG):
        wrong = client_of(server.url)
        # Sets the right one again, which the client has long read.
        monkeypatch.setenv("R1CI_TEST_KEY", KEY)
        with pytest.raises(EndpointDeadError, match=r"401.*\[key\].*it refused the key") as caught:
            await asked(wrong)
        right = client_of(server.url)
        await asked(right)
    for text in (
        every_text_of(caught.value),
        str(pickle.dumps(caught.value)),
        caplog.text,
        repr(wrong),
        repr(right),
    ):
        assert secret not in text
        assert KEY not in text


async def test_a_key_that_is_not_there_is_told_by_the_name_of_its_variable(
    client_of: Clients, monkeypatch: pytest.MonkeyPatch, server: EndpointServer
) -> None:
    monkeypatch.delenv("R1CI_TEST_KEY")
    with pytest.raises(
        EndpointDeadError, match="key_env=R1CI_TEST_KEY names an environment variable that is not set"
    ):
        client_of(server.url)
    await asked(client_of(server.url, key_env=None))
    assert server.headers[0]["authorization"] == "Bearer none"

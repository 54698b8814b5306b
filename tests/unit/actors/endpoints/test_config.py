import pytest

from actors.endpoints.config import EndpointConfig
from driver.__main__ import main
from driver.config_loading import load_config
from driver.errors import ConfigError


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x/v1", "http://", "x"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        EndpointConfig(base_url=url)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("base_url", "https://user:hunter2@host/v1"),
        ("base_url", "https://host/v1?key=hunter2"),
        ("key_env", "sk-hunter2"),
    ],
)
def test_a_secret_in_the_wrong_place_is_refused_and_not_repeated(
    key: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "smoke", f"endpoint.{key}={value}"]) == 1
    told = capsys.readouterr().err
    assert f"endpoint.{key}" in told
    assert "hunter2" not in told


def test_an_endpoint_is_never_what_is_trained() -> None:
    with pytest.raises(ConfigError, match="no tokens, so it cannot be trained: evaluate it alone"):
        load_config("smoke", ["model=endpoint:gpt", "endpoint.base_url=http://x/v1"])


@pytest.mark.parametrize("use", ["synthesis.teacher=gpt", "model=endpoint:gpt"])
def test_whoever_asks_an_endpoint_gives_its_address(use: str) -> None:
    alone = ["evaluation.policies=[base]", "evaluation.alone=true"]
    with pytest.raises(ConfigError, match=r"gpt is to be asked, but endpoint\.base_url is null"):
        load_config("smoke", [use, *alone])


def test_a_teacher_and_a_file_are_two_sources() -> None:
    with pytest.raises(ConfigError, match="two sources of traces: set one"):
        load_config("smoke", ["synthesis.teacher=gpt", "synthesis.file=x", "endpoint.base_url=http://x/v1"])

"""The two images, as far as they can be judged unbuilt: what they name, in which order, as whom they run."""

import re
import tomllib
from pathlib import Path, PurePosixPath

import pytest
import yaml
from source_files import FOLDERS, ROOT

ROLES = ("cpu", "gpu")
TORCH = next(
    line
    for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    if line.startswith("torch==")
)
SECRET = re.compile(r"token|secret|passw|credential|(?<![a-z])key", re.IGNORECASE)


def instructions(text: str) -> list[tuple[str, str]]:
    """Word and rest of each instruction of a Dockerfile, in order; lines that go on are joined."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in whole]


def dockerfile(role: str) -> list[tuple[str, str]]:
    return instructions((ROOT / "deploy" / f"Dockerfile.{role}").read_text())


def of(role: str, word: str) -> list[str]:
    return [rest for name, rest in dockerfile(role) if name == word]


def copied(role: str) -> list[str]:
    return [source for rest in of(role, "COPY") for source in rest.split()[:-1]]


def sent(path: str, rules: list[str]) -> bool:
    """Whether a build gets a file, by the lines of .dockerignore: the last that fits decides, `!` lets it in."""
    is_sent = True
    for rule in rules:
        pattern = re.escape(rule.removeprefix("!"))
        pattern = pattern.replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
        if any(re.fullmatch(pattern, str(p)) for p in [path, *list(PurePosixPath(path).parents)[:-1]]):
            is_sent = rule.startswith("!")
    return is_sent


def ignore_rules() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_instructions_are_read_over_several_lines_and_past_comments() -> None:
    text = "# a\nFROM x\n# b\nRUN one \\\n    # c\n    && two\nUSER 5\n"
    assert instructions(text) == [("FROM", "x"), ("RUN", "one && two"), ("USER", "5")]


@pytest.mark.parametrize("role", ROLES)
def test_everything_that_is_copied_is_there_and_gets_past_the_ignore_file(role: str) -> None:
    rules = ignore_rules()
    for source in copied(role):
        path = ROOT / source
        assert path.exists(), source
        files = [path] if path.is_file() else list(path.rglob("*.py"))
        kept = [p for p in files if sent(str(p.relative_to(ROOT)), rules)]
        assert kept == files, source
    assert set(FOLDERS) <= set(copied(role))


@pytest.mark.parametrize("role", ROLES)
def test_torch_is_installed_first_and_alone_and_every_lock_without_dependencies(role: str) -> None:
    installs = re.findall(r"pip install ([^&]+)", " ".join(of(role, "RUN")))
    assert installs[0].split() == [TORCH, "${TORCH_ARGS}"]
    assert all(line.startswith("--no-deps -r /opt/requirements/") for line in installs[1:])
    locks = [line.split("/")[-1].strip() for line in installs[1:]]
    assert locks[:2] == [f"{role}.lock", "guest.lock"]
    assert {f"requirements/{lock}" for lock in locks} == {s for s in copied(role) if s.endswith(".lock")}


@pytest.mark.parametrize("role", ROLES)
def test_an_image_runs_as_a_numbered_user_who_is_made_first_and_whose_home_ray_can_read(role: str) -> None:
    words = dockerfile(role)
    (user,) = of(role, "USER")
    assert int(user) > 0
    assert f"useradd --create-home --uid {user} " in of(role, "RUN")[0]
    # Nothing is installed or copied by that user, who therefore owns nothing of it.
    assert [name for name, _ in words[[name for name, _ in words].index("USER") :]] == [
        "USER",
        "ENV",
        "ENTRYPOINT",
        "CMD",
    ]
    assert of(role, "ENV")[-1] == "HOME=/home/ray"


def test_both_images_have_the_same_python_and_it_is_the_one_of_the_locks() -> None:
    (cpu,), (gpu,) = ([arg for arg in of(role, "ARG") if arg.startswith("PYTHON=")] for role in ROLES)
    assert cpu == gpu
    (locked,) = re.findall(r"--python-version (\d+\.\d+)", (ROOT / "Makefile").read_text())
    assert re.fullmatch(rf"PYTHON={re.escape(locked)}\.\d+", cpu)
    assert [of(role, "FROM") for role in ROLES] == [["python:${PYTHON}-slim-bookworm"]] * 2


@pytest.mark.parametrize("role", ROLES)
def test_no_image_is_given_a_secret(role: str) -> None:
    given = [*of(role, "ARG"), *of(role, "ENV"), *copied(role)]
    assert [line for line in given if SECRET.search(line)] == []
    assert of(role, "ADD") == []
    assert not {".", "./", "*"} & set(copied(role))


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".venv/bin/python",
        "runs/laptop/config.yaml",
        "cluster.yaml",
        ".env",
        "driver/.env",
        "driver/configs/.token",
        "driver/__pycache__/config.cpython-311.pyc",
        "requirements/gpu.in",
        "auth_token",
        "tests/conftest.py",
    ],
)
def test_what_an_image_does_not_need_is_never_sent_to_the_build(path: str) -> None:
    assert not sent(path, ignore_rules())


@pytest.mark.parametrize(
    "path", ["driver/configs/laptop.yaml", "requirements/gpu.lock", "driver/report/style.css"]
)
def test_what_an_image_needs_is_sent_to_the_build(path: str) -> None:
    assert (ROOT / path).is_file()
    assert sent(path, ignore_rules())


def test_cluster_yaml_names_no_image_that_is_not_built_here() -> None:
    text = (ROOT / "cluster.yaml").read_text()
    tags = set(re.findall(r"r1-code-interpreter:(\w+)", text))
    assert tags == set(ROLES)
    assert yaml.safe_load(text)["docker"]["image"].endswith(":gpu")
    for tag in tags:
        named = (ROOT / "deploy" / f"Dockerfile.{tag}").read_text().splitlines()[1:3]
        assert any(f":{tag} ." in line for line in named)


def test_the_programs_that_ray_and_kuberay_start_in_an_image_are_in_it() -> None:
    for role in ROLES:
        installed = set(of(role, "RUN")[0].split())
        assert {"rsync", "wget", "tini", "g++", "libnuma1"} <= installed, role
    # The head starts the workers over ssh, and asks the cloud for them.
    assert "openssh-client" in of("cpu", "RUN")[0]
    assert "requirements/aws.lock" in copied("cpu")


def test_no_lock_is_made_that_nothing_installs() -> None:
    makefile = (ROOT / "Makefile").read_text()
    locks = {path.name for path in Path(ROOT / "requirements").glob("*.lock")}
    by_make = {"cpu.lock", "gpu.lock", "guest.lock"}
    by_image = {Path(source).name for role in ROLES for source in copied(role) if source.endswith(".lock")}
    # For a sandbox service alone: docs/sandbox.md.
    assert locks - by_make - by_image == {"sandbox.lock"}
    assert "for role in cpu gpu guest sandbox aws;" in makefile

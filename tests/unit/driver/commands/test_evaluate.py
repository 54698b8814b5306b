"""What the command line of `evaluate MODEL` becomes, and what is refused before anything starts."""

from pathlib import Path

import pytest

from driver.__main__ import _evaluated_alone, _parsed, main
from driver.config import RunConfig


def config_of(*words: str) -> RunConfig:
    return _evaluated_alone(_parsed(["evaluate", *words]))


def test_a_model_alone_keeps_the_preset_but_for_what_the_options_say() -> None:
    config = config_of(
        *("some/model", "--families", "gcd,lcm", "--agents", "text,code_agent", "--samples", "3"),
        *(
            "--items",
            "4",
            "--out",
            "/tmp/alone",
            "--config",
            "smoke",
            "tasks.preset=laptop",
            "sandbox.num_workers=5",
            "tasks.held_out_per_family=4",
        ),
    )
    assert (config.model, config.folder, config.sandbox.num_workers) == ("some/model", Path("/tmp/alone"), 5)
    assert config.rollout.agent == "text"
    assert config.evaluation.agents == ("text", "code_agent")
    assert (config.evaluation.samples, config.evaluation.items) == (3, 4)
    assert (config.evaluation.alone, config.evaluation.policies) == (True, ("base",))
    assert (config.tasks.preset, config.tasks.families) == ("laptop", ("gcd", "lcm"))
    assert config.rollout.max_turn_tokens == 64  # the smoke preset's


def test_key_value_pairs_may_stand_before_and_after_the_options() -> None:
    config = config_of("m", "engine.seed=3", "--out", "x", "sandbox.num_workers=4")
    assert (config.engine.seed, config.sandbox.num_workers) == (3, 4)


@pytest.mark.parametrize(
    ("folder", "name"),
    [("runs/alone", "alone"), ("runs/_my eval!", "myeval"), ("/", "evaluate"), ("r/1.5B", "1.5B")],
)
def test_the_run_is_named_after_its_folder_unless_it_is_given_a_name(folder: str, name: str) -> None:
    assert config_of("m", "--out", folder).name == name
    assert config_of("m", "--out", folder, "name=mine").name == "mine"


def test_a_family_that_the_preset_lacks_is_taken_from_the_144() -> None:
    config = config_of("m", "--out", "x", "--families", "gcd,symbench/letters,mine:Family")
    assert (config.tasks.preset, config.tasks.families) == ("r1ci", ("gcd", "letters"))
    assert config.tasks.own_families == ("mine:Family",)


def test_without_its_options_the_command_is_the_phase_of_a_run() -> None:
    config = config_of("smoke", "folder=x")
    assert (config.name, config.evaluation.alone, len(config.evaluation.policies)) == ("smoke", False, 3)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["m", "--items", "4"], "evaluate MODEL --out FOLDER`: give --out"),
        (["model=m", "--out", "x"], "put the model before the key=value pairs"),
        (
            ["m", "--out", "x", "--families", "gdc"],
            "--families: no task family is called 'gdc': did you mean gcd",
        ),
        (["m", "--out", "x", "--families", "gcd,,lcm"], "give names with commas between them, each once"),
        (
            ["m", "--out", "x", "--families", "lcm", "tasks.held_out_per_family=0"],
            "lcm have no items here, since",
        ),
        (["m", "--out", "x", "--agents", "text,text"], "--agents text,text: give names"),
        (["m", "--out", "x", "--items", "0"], "evaluation.items=0: Input should be greater"),
        (["m", "--out", "x", "--config", "labtop"], "Did you mean laptop?"),
        (
            ["m", "--out", "/dev/null/x", "--agents", "txt", "placement.min_memory_gib=0.1"],
            "no agent is called 'txt'",
        ),
        (
            ["/no/such/model", "--out", "OUT", "placement.min_memory_gib=0.1"],
            "model '/no/such/model' is neither",
        ),
    ],
)
def test_what_cannot_be_evaluated_is_told_in_one_paragraph(
    words: list[str],
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert main(["evaluate", *(str(tmp_path) if word == "OUT" else word for word in words)]) == 1
    assert told in capsys.readouterr().err


def test_a_family_whose_files_are_missing_is_refused_by_name_and_left_out_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = f"tasks.bbh_folder={tmp_path}"
    assert main(["evaluate", "m", "--out", "x", "--families", "boolean_expressions", there]) == 1
    assert "boolean_expressions have no items here, their files are missing" in capsys.readouterr().err
    config_of("m", "--out", "x", "tasks.preset=r1ci", there)
    assert "27 families are left out" in capsys.readouterr().out


def test_a_folder_that_holds_a_model_is_no_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert main(["evaluate", str(tmp_path)]) == 1
    assert "give --out" in capsys.readouterr().err


def test_words_that_no_command_knows_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["evaluate", "m", "--out", "x", "stray"], ["view", "x", "a=b"], ["run", "--nonsense=1"]):
        with pytest.raises(SystemExit):
            main(words)
        assert "unrecognized arguments" in capsys.readouterr().err

import copy
from typing import Any

import pytest

from actors.episodes.transcript import Transcriber
from actors.episodes.turn_ends import turn_ends
from actors.errors import TemplateError

HEAD = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + "
TAIL = " }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"


def _tokenizer(tiny: Any, closing: str, eos: str | None = "<|im_end|>") -> Any:
    """The tiny tokenizer under a template that closes a turn with `closing` (a Jinja string)."""
    made = copy.deepcopy(tiny)
    made.chat_template = f"{HEAD}{closing}{TAIL}"
    made.eos_token = eos
    return made


def test_the_ends_are_the_templates_the_models_and_the_tokenizers(tiny_tokenizer: Any) -> None:
    # <|endoftext|> is 0, <|im_start|> 1, <|im_end|> 2.
    ends = turn_ends(tiny_tokenizer, (0,))
    assert (ends.end_of_turn_id, ends.end_ids, ends.closing) == (2, (0, 2), (2,))
    line_feed = tiny_tokenizer("\n")["input_ids"]
    assert list(ends.opening) == [*line_feed, 1, *tiny_tokenizer("user\n")["input_ids"]]
    assert turn_ends(tiny_tokenizer).end_ids == (2,)
    assert Transcriber(tiny_tokenizer, "short", (2, 0)).end_ids == (0, 2)


def test_the_end_of_a_turn_is_the_templates_also_where_the_tokenizer_names_another(
    tiny_tokenizer: Any,
) -> None:
    # Gemma's way: eos_token is <eos>, a turn ends with <end_of_turn>, the generation config names both.
    ends = turn_ends(_tokenizer(tiny_tokenizer, "'<|im_end|>\n'", eos="<|endoftext|>"), (0, 2))
    assert (ends.end_of_turn_id, ends.end_ids) == (2, (0, 2))


def test_a_tokenizer_without_an_end_token_of_its_own_takes_the_templates(tiny_tokenizer: Any) -> None:
    assert turn_ends(_tokenizer(tiny_tokenizer, "'<|im_end|>\n'", eos=None)).end_ids == (2,)


def test_white_space_before_the_end_token_belongs_to_the_closing(tiny_tokenizer: Any) -> None:
    # Llama 2's way: content + ' ' + eos_token.
    made = _tokenizer(tiny_tokenizer, "' <|im_end|>\n'")
    ends = turn_ends(made)
    space = made(" ", add_special_tokens=False)["input_ids"]
    assert list(ends.closing) == [*space, 2]
    transcriber = Transcriber(made, "short")
    is_open = transcriber.observation("6", turn_is_closed=False).token_ids.tolist()
    is_closed = transcriber.observation("6", turn_is_closed=True).token_ids.tolist()
    assert is_open == [*space, 2, *is_closed]
    assert transcriber.written_turn("a", closes=True).token_ids.tolist()[-len(space) - 1 :] == [*space, 2]


def test_the_next_header_ends_a_turn_where_the_template_has_nothing_else(tiny_tokenizer: Any) -> None:
    # GLM's way: `<|assistant|>...<|user|>`, and <|user|> is an end token of the model.
    assert turn_ends(_tokenizer(tiny_tokenizer, "''")).end_of_turn_id == 1


@pytest.mark.parametrize("closing", ["'\n\nUser: '", "'<|eot|>\n'", "' and <|im_end|>'"])
def test_a_template_that_ends_a_turn_with_plain_text_is_refused(tiny_tokenizer: Any, closing: str) -> None:
    with pytest.raises(TemplateError, match="ends a model turn with the plain text"):
        turn_ends(_tokenizer(tiny_tokenizer, closing), (2,))


def test_a_tokenizer_whose_end_token_nobody_else_knows_is_refused(tiny_tokenizer: Any) -> None:
    made = _tokenizer(tiny_tokenizer, "'<|im_end|>\n'", eos="<|endoftext|>")
    with pytest.raises(
        TemplateError, match=r"eos_token 0 \(<\|endoftext\|>\) is neither .* those are 2 \(<\|im_end\|>\)"
    ):
        turn_ends(made, (2,))
    # Without a generation config there is nothing that it contradicts.
    assert turn_ends(made).end_ids == (0, 2)


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ raise_exception('System role not supported') }}", "System role not supported"),
        (None, "chat_template"),
    ],
)
def test_a_template_that_takes_no_conversation_of_ours_is_refused_in_words(
    tiny_tokenizer: Any, template: str | None, reason: str
) -> None:
    made = copy.deepcopy(tiny_tokenizer)
    made.chat_template = template
    with pytest.raises(
        TemplateError, match=f"{reason}.*use a model with a chat template that takes all four"
    ):
        turn_ends(made)

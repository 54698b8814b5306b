"""Letters: how often a letter occurs in a made-up word, and where."""

import random
import re
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import integers
from curriculum.tasks.normalisers.wrapping import unwrapped, without_brackets
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_ONSETS = (
    *("b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z", "bl", "br"),
    *("ch", "cl", "cr", "dr", "fl", "gr", "pl", "pr", "qu", "sh", "sl", "st", "th", "tr"),
)
_NUCLEI = ("a", "e", "i", "o", "u", "a", "e", "i", "o", "u", "ai", "ea", "ee", "oo", "ou", "ia", "io")
_CODAS = ("", "", "", "", "l", "m", "n", "r", "s", "t", "ck", "ll", "nd", "nt", "ss", "x")
_ANSWER = re.compile(
    r"(?:count ?[:=]? ?)?(?P<count>[0-9]{1,4}) ?(?P<between>[:;,]?) ?"
    r"(?P<label>(?:and )?positions? ?[:=]? ?)?(?P<positions>.*)",
    re.IGNORECASE,
)


class Letters:
    """Occurrences of a letter in a word."""

    name = "letters"
    capability: Capability = "search"
    levels: tuple[dict[str, Any], ...] = (
        {"min_length": 5, "max_length": 10},
        {"min_length": 10, "max_length": 15},
        {"min_length": 15, "max_length": 25},
        {"min_length": 25, "max_length": 40},
        {"min_length": 40, "max_length": 80},
        {"min_length": 200, "max_length": 800},
    )

    def generate(self, rng: random.Random, *, min_length: int, max_length: int) -> Item:
        """An item with a pronounceable random word and a letter that is in it.

        Args:
            rng: Source of all randomness.
            min_length: Fewest letters of the word.
            max_length: Most letters of the word.
        """
        require_between("min_length", min_length, 1, 1000)
        require_between("max_length", max_length, min_length, 1000)
        length = rng.randint(min_length, max_length)
        word = ""
        while len(word) < length:
            word += rng.choice(_ONSETS) + rng.choice(_NUCLEI) + rng.choice(_CODAS)
        word = word[:length]
        # A letter that occurs often is likelier: with one occurrence there is little to count.
        return _item(word, rng.choice(word))

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text is the count and all positions, in any order."""
        positions = positions_of(facts["letter"], facts["word"])
        text = " ".join(without_brackets(unwrapped(answer)).split())
        match = _ANSWER.fullmatch(text)
        if match is None or int(match["count"]) != len(positions):
            return False
        listed = match["positions"]
        is_told_apart = match["between"] in (":", ";") or match["label"] or listed[:1] in ("[", "(", "{")
        found = [] if listed in ("", "[]") else integers(listed)
        return bool(is_told_apart) and found is not None and sorted(found) == positions

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        return _item(row["word"], row["letter"])


def positions_of(letter: str, word: str) -> list[int]:
    """Where the letter stands, counted from 1."""
    return [place for place, char in enumerate(word, start=1) if char == letter]


def _item(word: str, letter: str) -> Item:
    positions = positions_of(letter, word)
    return Item(
        question=_question(word, letter),
        answer=f"{len(positions)}: {positions}",
        facts={"word": word, "letter": letter},
    )


def _question(word: str, letter: str) -> str:
    return f"""Look for the letter {letter} in this word: {word}

How many times does it occur, and at which positions? The first letter of the word has position 1, the next one \
position 2, and so on. Answer with the count, a colon, and the list of all positions in increasing order, in the form \
<<<count: [position, position, ...]>>>."""


FAMILY = Letters()

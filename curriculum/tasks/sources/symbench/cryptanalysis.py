"""Finds the password of digits and letters from the feedback to some guesses.

The questions explain every word of the feedback, and leave one password that fits; answers are judged by replaying.
"""

import itertools
import random
import re
import string
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import words
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_SYMBOLS = {"digits": string.digits, "letters": string.ascii_uppercase}
_MIN_SYMBOLS, _MAX_SYMBOLS = 2, {"digits": 4, "letters": 3}
_MAX_SPARE = 6
_PUBLISHED_GUESS = re.compile(r"Guess: ([0-9]{2}[A-Z]{2}), Feedback: (.+)\.")
_PUBLISHED_CLAUSE = re.compile(
    r"(?P<count>one|both) (?P<part>number|letter)s? (?:is|are) "
    r"(?:(?P<wrong>incorrect)(?: and (?P<hint>incorrect|too [a-z]+)(?: in the alphabet)?)?"
    r"|correct (?:and in the correct|but in the (?P<moved>wrong)) positions?)"
)
_PUBLISHED_HINTS = {"too large": "high", "too late": "high", "too small": "low", "too early": "low"}

Feedback = list[Any]
"""How many symbols are in place, misplaced and wrong, and `high`, `low` or an empty text on the wrong ones."""


class Cryptanalysis:
    """Locks with one password each; digits and letters are judged apart."""

    name = "cryptanalysis"
    capability: Capability = "logical"
    levels: tuple[dict[str, Any], ...] = (
        {"num_digits": 2, "num_letters": 2, "has_hints": True, "num_spare": 4},
        {"num_digits": 2, "num_letters": 2, "has_hints": True, "num_spare": 1},
        {"num_digits": 2, "num_letters": 2, "has_hints": True, "num_spare": 0},
        {"num_digits": 3, "num_letters": 2, "has_hints": True, "num_spare": 0},
        {"num_digits": 4, "num_letters": 2, "has_hints": False, "num_spare": 0},
    )

    def generate(
        self, rng: random.Random, *, num_digits: int, num_letters: int, has_hints: bool, num_spare: int
    ) -> Item:
        """A password and as many guesses as it takes to leave no other, and `num_spare` more.

        With `has_hints` the feedback says where the wrong symbols lie: before or after those of the password.
        """
        require_between("num_digits", num_digits, _MIN_SYMBOLS, _MAX_SYMBOLS["digits"])
        require_between("num_letters", num_letters, _MIN_SYMBOLS, _MAX_SYMBOLS["letters"])
        require_between("num_spare", num_spare, 0, _MAX_SPARE)
        counts = {"digits": num_digits, "letters": num_letters}
        password = {part: "".join(rng.sample(_SYMBOLS[part], count)) for part, count in counts.items()}
        tried = {part: _telling_guesses(rng, part, password[part], has_hints) for part in counts}
        num_guesses = max(map(len, tried.values())) + num_spare
        for part, found in tried.items():
            found += [_other(rng, part, password[part]) for _ in range(num_guesses - len(found))]
            rng.shuffle(found)
        guesses = [
            {part: [guess, _feedback(guess, password[part], has_hints)] for part, guess in pair.items()}
            for pair in ({"digits": d, "letters": s} for d, s in zip(*tried.values(), strict=True))
        ]
        answer = _listing(password["digits"] + password["letters"])
        facts = {
            **{f"num_{part}": n for part, n in counts.items()},
            "has_hints": has_hints,
            "guesses": guesses,
        }
        return Item(question=_question(facts), answer=answer, facts=facts)

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the answer is a password that would have given all the feedback."""
        return _fits("".join(words(answer) or ()).upper(), facts)

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        guesses = [_published_guess(*found) for found in _PUBLISHED_GUESS.findall(row["question"])]
        facts = {"num_digits": 2, "num_letters": 2, "has_hints": True, "guesses": guesses}
        password = "".join(row["solution"]["answer"])
        if not guesses or not _fits(password, facts):
            raise ValueError(f"{row['id']}: the stored password does not give the feedback to every guess")
        return Item(question=row["question"], answer=_listing(password), facts=facts)


def _fits(password: str, facts: dict[str, Any]) -> bool:
    parts = {"digits": password[: facts["num_digits"]], "letters": password[facts["num_digits"] :]}
    return all(
        len(part) == len(set(part)) == facts[f"num_{name}"]
        and set(part) <= set(_SYMBOLS[name])
        and all(
            _feedback(guess[name][0], part, facts["has_hints"]) == guess[name][1]
            for guess in facts["guesses"]
        )
        for name, part in parts.items()
    )


def _feedback(guess: str, password: str, has_hints: bool) -> Feedback:
    in_place = sum(one == other for one, other in zip(guess, password, strict=True))
    wrong = [symbol for symbol in guess if symbol not in password]
    hint = ""
    if wrong and has_hints:
        hint = "high" if min(wrong) > max(password) else "low" if max(wrong) < min(password) else ""
    return [in_place, len(guess) - in_place - len(wrong), len(wrong), hint]


def _telling_guesses(rng: random.Random, part: str, password: str, has_hints: bool) -> list[str]:
    """Guesses whose feedback only the password gives. Each could be the password by the feedback before it."""
    left = ["".join(symbols) for symbols in itertools.permutations(_SYMBOLS[part], len(password))]
    left.remove(password)
    guesses = []
    while left:  # each guess rules itself out, so this ends
        guess = rng.choice(left)
        feedback = _feedback(guess, password, has_hints)
        left = [other for other in left if _feedback(guess, other, has_hints) == feedback]
        guesses.append(guess)
    return guesses


def _other(rng: random.Random, part: str, password: str) -> str:
    """A random guess that is not the password."""
    guess = "".join(rng.sample(_SYMBOLS[part], len(password)))
    return guess if guess != password else guess[::-1]


def _published_guess(guess: str, text: str) -> dict[str, Any]:
    found: dict[str, Feedback] = {"number": [0, 0, 0, ""], "letter": [0, 0, 0, ""]}
    for clause in text.split("; "):
        match = _PUBLISHED_CLAUSE.fullmatch(clause)
        if match is None:
            raise ValueError(f"not feedback of a known kind: {clause!r}")
        feedback = found[match["part"]]
        feedback[2 if match["wrong"] else 1 if match["moved"] else 0] += 2 if match["count"] == "both" else 1
        feedback[3] = feedback[3] or _PUBLISHED_HINTS.get(match["hint"] or "", "")
    return {"digits": [guess[:2], found["number"]], "letters": [guess[2:], found["letter"]]}


def _listing(password: str) -> str:
    return "[" + ", ".join(f'"{symbol}"' for symbol in password) + "]"


def _question(facts: dict[str, Any]) -> str:
    num_digits, num_letters = facts["num_digits"], facts["num_letters"]
    guesses = "\n".join(
        f"{guess['digits'][0]}{guess['letters'][0]} - digits: {_words(guess['digits'][1], 'digits')}; "
        f"letters: {_words(guess['letters'][1], 'letters')}"
        for guess in facts["guesses"]
    )
    hints = (
        ' Behind the number of wrong ones, "too high" means that each of the wrong ones is greater than all digits of '
        'the password, and "too low" that each of them is smaller than all of these; for letters, "too late" and "too '
        'early" say the same of their order in the alphabet. No such remark there means that neither is the case.'
        if facts["has_hints"]
        else ""
    )
    return (
        f"A password consists of {num_digits} different digits (0 to 9) followed by {num_letters} different capital "
        "letters (A to Z). Somebody made these guesses and got this "
        f"feedback:\n\n{guesses}\n\n"
        "Feedback counts the digits and the letters of a guess apart: those in place (in the password, at that very "
        "position), those misplaced (in the password, but at another position), and those wrong (not in the "
        f"password).{hints}\n\n"
        "Only one password fits. Give its characters in order, each in double quotes, as "
        '<<<["character", "character", ...]>>>, the digits first.'
    )


def _words(feedback: Feedback, part: str) -> str:
    in_place, misplaced, wrong, hint = feedback
    too = {
        "digits": {"high": "too high", "low": "too low"},
        "letters": {"high": "too late", "low": "too early"},
    }
    remark = f" ({too[part][hint]})" if hint else ""
    return f"{in_place} in place, {misplaced} misplaced, {wrong} wrong{remark}"


FAMILY = Cryptanalysis()

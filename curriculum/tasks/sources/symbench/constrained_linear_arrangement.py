"""Infers which cards an opponent played, from one's own cards and the result of every round.

Several answers can be right: rounds are replayed, and each card must exist and be played once only. Of the published
items with five elements some store results that the item's own rules do not give; those are mended or refused.
"""

import itertools
import random
import string
from collections.abc import Callable, Sequence
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import words
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between, require_one_of

_MIN_CARDS, _MAX_CARDS = {"ring": 3, "two rings": 5, "ranks": 4}, 10

Beats = dict[str, list[str]]
"""Per card: the cards that it beats. Where neither of two cards beats the other, the round is a draw."""


class ConstrainedLinearArrangement:
    """Games of three kinds, in which the letters of the cards are drawn anew for every item."""

    name = "constrained_linear_arrangement"
    capability: Capability = "logical"
    levels: tuple[dict[str, Any], ...] = (
        {"game": "ring", "num_cards": 4, "num_rounds": 4},
        {"game": "two rings", "num_cards": 5, "num_rounds": 4},
        {"game": "ranks", "num_cards": 6, "num_rounds": 5},
        {"game": "two rings", "num_cards": 7, "num_rounds": 7},
        {"game": "ranks", "num_cards": 8, "num_rounds": 8},
    )

    def generate(self, rng: random.Random, *, game: str, num_cards: int, num_rounds: int) -> Item:
        """Some rounds between two players who each hold every card once.

        Args:
            rng: Draws the cards and who plays what.
            game: `ring`, where each card beats the next; `two rings`, where it also loses to the one after that;
                `ranks`, where it beats all lower ones, but the lowest beats the highest.
            num_cards: Of each player; odd for `two rings`.
            num_rounds: At most as many.
        """
        require_one_of("game", game, _GAMES)
        require_between("num_cards", num_cards, _MIN_CARDS[game], _MAX_CARDS)
        require_between("num_rounds", num_rounds, 2, num_cards)
        cards = rng.sample(string.ascii_uppercase, num_cards)
        beats, rules = _GAMES[game](cards)
        mine, theirs = (rng.sample(cards, num_rounds) for _ in range(2))
        results = [_result(beats, one, other) for one, other in zip(mine, theirs, strict=True)]
        facts = {"beats": beats, "cards": mine, "results": results}
        return Item(question=_question(facts, rules), answer=",".join(theirs), facts=facts)

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the answer names a different card for each round, and these give all the results."""
        return _explains([card.upper() for card in words(answer) or ()], facts)

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        solution = row["solution"]
        facts = {
            "beats": _PUBLISHED_GAMES[solution["game_type"]],
            "cards": solution["player_moves"],
            "results": solution["results"],
        }
        candidates = itertools.permutations(facts["beats"], len(facts["cards"]))
        answers = itertools.chain([solution["solution"]], candidates)
        answer = next((cards for cards in answers if _explains(cards, facts)), None)
        if answer is None:
            raise ValueError(
                f"{row['id']}: no cards, each played once, give these results by the rules stated"
            )
        return Item(question=row["question"], answer=",".join(answer), facts=facts)


def _explains(cards: Sequence[str], facts: dict[str, Any]) -> bool:
    beats: Beats = facts["beats"]
    return (
        len(cards) == len(set(cards)) == len(facts["cards"])
        and set(cards) <= beats.keys()
        and [_result(beats, one, other) for one, other in zip(facts["cards"], cards, strict=True)]
        == facts["results"]
    )


def _result(beats: Beats, mine: str, theirs: str) -> str:
    if theirs in beats[mine]:
        return "win"
    return "loss" if mine in beats[theirs] else "draw"


def _ring(cards: Sequence[str]) -> tuple[Beats, str]:
    following = _shifted(cards, 1)
    beats = {card: [beaten] for card, beaten in zip(cards, following, strict=True)}
    chain = ", ".join(f"{card} beats {beaten}" for card, beaten in zip(cards, following, strict=True))
    return beats, f"{chain}. Any other two cards, and two equal cards, make a draw."


def _two_rings(cards: Sequence[str]) -> tuple[Beats, str]:
    if len(cards) % 2 == 0:
        raise ValueError(f"num_cards is {len(cards)}: it must be odd in a game of two rings")
    following, second = _shifted(cards, 1), _shifted(cards, 2)
    beats: Beats = {card: [beaten] for card, beaten in zip(cards, second, strict=True)}
    for card, fed in zip(cards, following, strict=True):
        beats[fed].append(card)
    feeding = ", ".join(f"{card} feeds {fed}" for card, fed in zip(cards, following, strict=True))
    burying = ", ".join(f"{card} buries {buried}" for card, buried in zip(cards, second, strict=True))
    rest = "Two equal cards" if len(cards) == 5 else "Any other two cards, and two equal cards,"
    return beats, (
        f"{feeding}. A card that feeds the other card loses to it. {burying}. A card that buries the other card wins. "
        f"{rest} make a draw."
    )


def _ranks(cards: Sequence[str]) -> tuple[Beats, str]:
    highest, lowest = cards[0], cards[-1]
    beats = {card: list(cards[rank + 1 :]) for rank, card in enumerate(cards)}
    beats[highest].remove(lowest)
    beats[lowest].append(highest)
    return beats, (
        f"From the highest card to the lowest they are {', '.join(cards)}. The higher card beats the lower one, with "
        f"one exception: {lowest} beats {highest}. Two equal cards make a draw."
    )


def _shifted(cards: Sequence[str], by: int) -> list[str]:
    return [*cards[by:], *cards[:by]]


_GAMES: dict[str, Callable[[Sequence[str]], tuple[Beats, str]]] = {
    "ring": _ring,
    "two rings": _two_rings,
    "ranks": _ranks,
}
_PUBLISHED_GAMES: dict[str, Beats] = {
    "stick_game": _ring("ABCD")[0],
    "elements": _two_rings("ABCDE")[0],
    "animal": _ranks("ABCDEFGH")[0],
}


def _question(facts: dict[str, Any], rules: str) -> str:
    rounds = "\n".join(
        f"Round {number}: you played {card}, result: {result}"
        for number, (card, result) in enumerate(zip(facts["cards"], facts["results"], strict=True), start=1)
    )
    return (
        f"You and an opponent hold the same {len(facts['beats'])} cards: {', '.join(sorted(facts['beats']))}. In each "
        "round both lay one card at the same time, and a card that was laid is gone for its player, so neither plays "
        f"a card twice.\n\nRules: {rules}\n\nResults are yours: a win is a win for you.\n\n{rounds}\n\n"
        "Which cards can the opponent have played? If several answers fit, give any one. List the opponent's cards "
        f"from round 1 to round {len(facts['cards'])} with commas between them: <<<card,card,...>>>."
    )


FAMILY = ConstrainedLinearArrangement()

"""Mahjong pattern: a hand of letter cards gains and loses cards; the verdict on the last card added is asked.

Of the first 40 published items, two whose rules know no Chi have Chi as their stored answer, and two overlook a Chi
because the hand holds one of its cards twice: here the verdict follows from the rules stated. In two others "[" is a
card, as if it came after Z; it never makes a run here.
"""

import random
import string
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.normalisers import integer
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

PASS, PENG, CHI = 0, 1, 2

_NUM_TRIES = 300
_RUNS = tuple(string.ascii_uppercase[start : start + 3] for start in range(24))


class MahjongPattern:
    """Verdicts on cards: nothing, three of a kind, or a run of three letters."""

    name = "mahjong_pattern"
    capability: Capability = "logical"
    levels: tuple[dict[str, Any], ...] = (
        {"num_cards": 13, "num_rounds": 2, "with_chi": False},
        {"num_cards": 13, "num_rounds": 3, "with_chi": True},
        {"num_cards": 13, "num_rounds": 5, "with_chi": True},
        {"num_cards": 13, "num_rounds": 10, "with_chi": True},
        {"num_cards": 16, "num_rounds": 20, "with_chi": True},
    )

    def generate(self, rng: random.Random, *, num_cards: int, num_rounds: int, with_chi: bool) -> Item:
        """An item; all verdicts are equally likely, and half the time the first hand would mislead.

        Args:
            rng: Source of all randomness.
            num_cards: Cards in the hand before each round.
            num_rounds: Cards added; after each but the last, one is taken out.
            with_chi: Whether runs count.
        """
        require_between("num_cards", num_cards, 8, 20)
        require_between("num_rounds", num_rounds, 1, 60)
        target = rng.choice((PASS, PENG, CHI) if with_chi else (PASS, PENG))
        is_misleading = num_rounds > 1 and rng.random() < 0.5
        for _ in range(_NUM_TRIES):
            cards = "".join(rng.choices(string.ascii_uppercase, k=num_cards))
            changes = _random_changes(rng, cards, num_rounds - 1)
            hand = after_changes(cards, changes)
            fitting = [c for c in string.ascii_uppercase if verdict(hand, c, with_chi=with_chi) == target]
            misleading = [c for c in fitting if verdict(cards, c, with_chi=with_chi) != target]
            chosen = misleading if is_misleading else fitting
            if chosen:
                break
        else:
            raise ValueError(f"no hand of {num_cards} cards with verdict {target} found: change num_cards")
        facts = {"cards": cards, "changes": changes, "last": rng.choice(chosen), "with_chi": with_chi}
        return Item(question=_question(facts), answer=str(target), facts=facts)

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text is the number of the last verdict."""
        return integer(answer) == _last_verdict(facts)

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file; the answer is the one that the rules in its text give.

        Raises:
            ValueError: If a card is taken out that the hand does not hold.
        """
        *earlier, last = row["solution"]["rounds"]
        facts = {
            "cards": row["solution"]["initial_cards"],
            "changes": [[turn["add"], turn["remove"]] for turn in earlier],
            "last": last["add"],
            "with_chi": '"Chi,"' in row["question"],
        }
        return Item(question=row["question"], answer=str(_last_verdict(facts)), facts=facts)


def verdict(hand: str, added: str, *, with_chi: bool) -> int:
    """What adding a card to a hand gives."""
    if hand.count(added) >= 2:
        return PENG
    runs = [run for run in _RUNS if added in run] if with_chi else []
    if any(all(card == added or card in hand for card in run) for run in runs):
        return CHI
    return PASS


def after_changes(cards: str, changes: list[list[str]]) -> str:
    """The hand after each change: one card in, one card out.

    Raises:
        ValueError: If a card to take out is not in the hand.
    """
    for added, removed in changes:
        cards += added
        if removed not in cards:
            raise ValueError(f"a card {removed} is taken out of a hand that holds none")
        cards = cards.replace(removed, "", 1)
    return cards


def _last_verdict(facts: dict[str, Any]) -> int:
    hand = after_changes(facts["cards"], facts["changes"])
    return verdict(hand, facts["last"], with_chi=facts["with_chi"])


def _random_changes(rng: random.Random, cards: str, num_changes: int) -> list[list[str]]:
    changes = []
    for _ in range(num_changes):
        added = rng.choice(cards if rng.random() < 0.5 else string.ascii_uppercase)
        removed = rng.choice(cards)
        cards = after_changes(cards, [[added, removed]])
        changes.append([added, removed])
    return changes


def _question(facts: dict[str, Any]) -> str:
    changes = facts["changes"]
    rounds = [
        f"Round {n}: add {added}, take out {removed}" for n, (added, removed) in enumerate(changes, start=1)
    ]
    rounds.append(f"Round {len(changes) + 1}: add {facts['last']}")
    listing = "\n".join(rounds)
    chi = (
        "\n- Chi (2), if it is not Peng and the hand holds two cards that make three successive letters of the "
        "alphabet with the new card, which may be the first, the middle or the last of the three (such as K, L, M). "
        "The alphabet does not go on from Z to A. Other cards in the hand do not matter."
        if facts["with_chi"]
        else ""
    )
    numbers = "0, 1 or 2" if facts["with_chi"] else "0 or 1"
    return f"""You hold {len(facts["cards"])} cards, each with a letter: {" ".join(facts["cards"])}

In every round one card is added to your hand. It is judged against the cards you hold at that moment, itself not \
counted:
- Peng (1), if the hand holds at least two cards with the same letter as the new card.{chi}
- Pass (0) otherwise.
A verdict changes nothing: the new card joins the hand in any case. Then, in every round but the last, one card with \
the letter named is taken out.

{listing}

What is the verdict of the last round? Answer with its number, {numbers}, as <<<number>>>."""


FAMILY = MahjongPattern()

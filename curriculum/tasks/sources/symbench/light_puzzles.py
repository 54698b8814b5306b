"""Light puzzles: buttons switch sets of lamps in a square grid; the lamps after a series of presses are asked."""

import random
import string
from typing import Any

from curriculum.tasks.family import Capability, Item
from curriculum.tasks.sources.symbench.parts.character_grids import character_rows
from curriculum.tasks.sources.symbench.parts.setting_checks import require_between

_NUM_TRIES = 50

Buttons = dict[str, list[list[int]]]
"""For each button the lamps that it switches: row and column, counted from 1."""


class LightPuzzles:
    """Lamps switched by buttons."""

    name = "light_puzzles"
    capability: Capability = "spatial"
    levels: tuple[dict[str, Any], ...] = (
        {"size": 2, "num_buttons": 2, "num_rounds": 2},
        {"size": 3, "num_buttons": 2, "num_rounds": 3},
        {"size": 4, "num_buttons": 3, "num_rounds": 4},
        {"size": 5, "num_buttons": 3, "num_rounds": 4},
        {"size": 7, "num_buttons": 5, "num_rounds": 12},
    )

    def generate(self, rng: random.Random, *, size: int, num_buttons: int, num_rounds: int) -> Item:
        """An item with random lamps, buttons and presses; as a rule the presses change something.

        Args:
            rng: Source of all randomness.
            size: Rows and columns.
            num_buttons: How many buttons there are; some may never be pressed.
            num_rounds: How many presses there are.
        """
        require_between("size", size, 2, 12)
        require_between("num_buttons", num_buttons, 1, 26)
        require_between("num_rounds", num_rounds, 1, 60)
        lamps = ["".join(rng.choice("01") for _ in range(size)) for _ in range(size)]
        cells = [[row, column] for row in range(1, size + 1) for column in range(1, size + 1)]
        buttons = {
            name: rng.sample(cells, rng.randint(2, max(2, size * size // 2)))
            for name in string.ascii_uppercase[:num_buttons]
        }
        for _ in range(_NUM_TRIES):
            presses = [rng.choice(list(buttons)) for _ in range(num_rounds)]
            if after_presses(lamps, buttons, presses) != lamps:
                break
        return Item(
            question=_question(lamps, buttons, presses),
            answer=",".join("".join(after_presses(lamps, buttons, presses))),
            facts={"lamps": lamps, "buttons": buttons, "presses": presses},
        )

    def is_right(self, facts: dict[str, Any], answer: str) -> bool:
        """Whether the text gives all lamps as they are after the last press."""
        expected = after_presses(facts["lamps"], facts["buttons"], facts["presses"])
        return character_rows(answer, expected) == expected

    def from_published(self, row: dict[str, Any]) -> Item:
        """The item in one line of the published file."""
        solution = row["solution"]
        lamps = ["".join(str(lamp) for lamp in line) for line in solution["initial_state"]]
        facts = {"lamps": lamps, "buttons": solution["buttons"], "presses": solution["operations"]}
        end = after_presses(lamps, solution["buttons"], solution["operations"])
        return Item(question=row["question"], answer=",".join("".join(end)), facts=facts)


def after_presses(lamps: list[str], buttons: Buttons, presses: list[str]) -> list[str]:
    """The rows of lamps after all presses: each press switches every lamp of its button."""
    rows = [[lamp == "1" for lamp in row] for row in lamps]
    for press in presses:
        for row, column in buttons[press]:
            rows[row - 1][column - 1] = not rows[row - 1][column - 1]
    return ["".join("1" if lamp else "0" for lamp in row) for row in rows]


def _question(lamps: list[str], buttons: Buttons, presses: list[str]) -> str:
    size = len(lamps)
    grid = "\n".join(lamps)
    wiring = "\n".join(
        f"Button {name}: {', '.join(f'({row}, {column})' for row, column in cells)}"
        for name, cells in buttons.items()
    )
    return f"""A board has {size} rows of {size} lamps. At first they are as follows (1 is on, 0 is off):

{grid}

Each button below is wired to the lamps listed, written (row, column); the top left lamp is (1, 1). Pressing a \
button switches every lamp wired to it: those that are on go off, those that are off go on.

{wiring}

The buttons are pressed in this order: {", ".join(presses)}

Which lamps are on after the last press? Give all {size * size} lamps row by row, from the top left to the bottom \
right, as 0 or 1 separated by commas: <<<lamp 1,lamp 2,...,lamp {size * size}>>>."""


FAMILY = LightPuzzles()

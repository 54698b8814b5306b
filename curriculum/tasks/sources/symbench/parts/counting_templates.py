"""Templates of counting and probability problems; the tests prove each answer by going through all cases."""

from fractions import Fraction
from math import comb, factorial, gcd, perm
from random import Random

from curriculum.tasks.sources.symbench.parts.math_answers import Drawn, fraction_text
from curriculum.tasks.sources.symbench.parts.people import PEOPLE


def committee(rng: Random, size: int) -> Drawn:
    """Choosing from two groups."""
    women, men = rng.randint(3, size), rng.randint(3, size)
    from_women, from_men = rng.randint(1, women - 1), rng.randint(1, men - 1)
    text = (
        f"A club has {women} women and {men} men. In how many ways can a committee of {from_women} of the women and "
        f"{from_men} of the men be chosen?"
    )
    values = {"women": women, "men": men, "from_women": from_women, "from_men": from_men}
    return Drawn(text, str(comb(women, from_women) * comb(men, from_men)), values)


def word_arrangements(rng: Random, size: int) -> Drawn:
    """Arrangements of letters, some of them alike."""
    counts = [rng.randint(1, 4) for _ in range(rng.randint(3, 5))]
    letters = rng.sample("ABCDEFGHKLMNPRSTUV", len(counts))
    tiles = sorted(letter for letter, count in zip(letters, counts, strict=True) for _ in range(count))
    ways = factorial(len(tiles))
    for count in counts:
        ways //= factorial(count)
    text = (
        f"In how many different orders can these letter tiles be laid in a row, where tiles with the same letter "
        f"look alike: {', '.join(tiles)}?"
    )
    return Drawn(text, str(ways), {"tiles": "".join(tiles)})


def digit_strings(rng: Random, size: int) -> Drawn:
    """Numbers with all digits different."""
    length, lowest, parity = rng.randint(2, 5), rng.randint(1, 4), rng.randint(0, 1)
    text = (
        f"How many whole numbers with exactly {length} digits have no digit below {lowest} and no digit twice, "
        f"and are {'odd' if parity else 'even'}?"
    )
    last = sum(1 for digit in range(lowest, 10) if digit % 2 == parity)
    values = {"length": length, "lowest": lowest, "parity": parity}
    return Drawn(text, str(last * perm(9 - lowest, length - 1)), values)


def expected_winnings(rng: Random, size: int) -> Drawn:
    """Expected value of a bet on a weighted coin."""
    bottom = rng.randint(3, 2 * size)
    top, win, loss = rng.randint(1, bottom - 1), rng.randint(1, 3 * size), rng.randint(1, 3 * size)
    text = (
        f"A coin shows heads with probability {top}/{bottom}. Heads wins {win} dollars, tails loses {loss} dollars. "
        "What is the expected value, in dollars, of the winnings of one flip (negative for a loss)?"
    )
    value = Fraction(top, bottom) * win - (1 - Fraction(top, bottom)) * loss
    return Drawn(text, fraction_text(value), {"top": top, "bottom": bottom, "win": win, "loss": loss})


def drawn_colours(rng: Random, size: int) -> Drawn:
    """Drawing without putting back."""
    red, blue = rng.randint(2, size), rng.randint(2, size)
    drawn = rng.randint(2, min(4, red + blue - 1))
    wanted = rng.randint(max(0, drawn - blue), min(drawn, red))
    text = (
        f"A bag holds {red} red and {blue} blue marbles. {drawn} of them are drawn at random without putting any back. "
        f"What is the probability that exactly {wanted} of those drawn are red?"
    )
    value = Fraction(comb(red, wanted) * comb(blue, drawn - wanted), comb(red + blue, drawn))
    return Drawn(text, fraction_text(value), {"red": red, "blue": blue, "drawn": drawn, "wanted": wanted})


def coin_flips(rng: Random, size: int) -> Drawn:
    """At least so many successes."""
    flips = rng.randint(3, 6)
    least, sides = rng.randint(1, flips), rng.randint(2, 6)
    text = (
        f"A spinner has {sides} equal fields, one of which is gold. It is spun {flips} times. "
        f"What is the probability that it stops on gold at least {least} times?"
    )
    ways = sum(comb(flips, hits) * (sides - 1) ** (flips - hits) for hits in range(least, flips + 1))
    return Drawn(
        text, fraction_text(Fraction(ways, sides**flips)), {"flips": flips, "least": least, "sides": sides}
    )


def multiples(rng: Random, size: int) -> Drawn:
    """Multiples of one number or another, not of both."""
    last, (a, b) = rng.randint(100, 100 * size), sorted(rng.sample(range(3, 3 * size), 2))
    text = (
        f"How many whole numbers from 1 to {last}, both included, are divisible by exactly one of the two numbers "
        f"{a} and {b}?"
    )
    both = a * b // gcd(a, b)
    return Drawn(text, str(last // a + last // b - 2 * (last // both)), {"last": last, "a": a, "b": b})


def bounded_solutions(rng: Random, size: int) -> Drawn:
    """Ways to hand out equal things, each person getting at least some."""
    people, least = rng.randint(3, 5), rng.randint(0, 2)
    total = people * least + rng.randint(3, size)
    text = (
        f"In how many ways can {total} identical coins be handed out to {people} different children so that each "
        f"child gets at least {least} of them?"
    )
    ways = comb(total - people * least + people - 1, people - 1)
    return Drawn(text, str(ways), {"total": total, "people": people, "least": least})


def dice_sum(rng: Random, size: int) -> Drawn:
    """Probability of a sum of dice."""
    dice, sides = rng.randint(2, 4), rng.choice((4, 6, 8))
    total = rng.randint(dice + 1, dice * sides - 1)
    counts = {0: 1}
    for _ in range(dice):
        longer: dict[int, int] = {}
        for value, ways in counts.items():
            for face in range(1, sides + 1):
                longer[value + face] = longer.get(value + face, 0) + ways
        counts = longer
    text = (
        f"{dice} fair dice, each with the numbers 1 to {sides} on its sides, are rolled. "
        f"What is the probability that the numbers rolled add up to {total}?"
    )
    chance = Fraction(counts[total], sides**dice)
    return Drawn(text, fraction_text(chance), {"dice": dice, "sides": sides, "total": total})


def lattice_paths(rng: Random, size: int) -> Drawn:
    """Shortest paths on a grid around a closed crossing."""
    width, height = rng.randint(2, size), rng.randint(2, size)
    x, y = rng.randint(1, width - 1), rng.randint(0, height)
    text = (
        f"A path on a grid goes from (0, 0) to ({width}, {height}) in steps of length 1, each to the right or up. "
        f"How many such paths do not pass through the point ({x}, {y})?"
    )
    ways = comb(width + height, width) - comb(x + y, x) * comb(width - x + height - y, width - x)
    return Drawn(text, str(ways), {"width": width, "height": height, "x": x, "y": y})


def round_table(rng: Random, size: int) -> Drawn:
    """Seating at a round table, two people apart."""
    people = rng.randint(5, max(9, size))
    first, second = rng.sample(PEOPLE, 2)
    group = f"{first}, {second} and {people - 2} others"
    text = (
        f"{group} sit down at a round table with {people} seats. Seatings that differ only by a rotation of the whole "
        f"table count as one. In how many ways can they sit so that {first} and {second} are not neighbours?"
    )
    return Drawn(text, str(factorial(people - 1) - 2 * factorial(people - 2)), {"people": people})


def fixed_points(rng: Random, size: int) -> Drawn:
    """Probability that exactly so many letters reach the right envelope."""
    letters = rng.randint(4, max(8, size))
    right = rng.choice([count for count in range(letters) if count != letters - 1])
    thing, place = rng.choice(
        (("letters", "envelopes"), ("hats", "hooks"), ("keys", "boxes"), ("coats", "lockers"))
    )
    text = (
        f"{letters} {thing}, each belonging to one of {letters} {place}, are put into the {place} at random, one into "
        f"each. What is the probability that exactly {right} of the {thing} end up where they belong?"
    )
    misplaced = sum(
        (-1) ** k * factorial(letters - right) // factorial(k) for k in range(letters - right + 1)
    )
    chance = Fraction(comb(letters, right) * misplaced, factorial(letters))
    return Drawn(text, fraction_text(chance), {"letters": letters, "right": right})


def power_coefficient(rng: Random, size: int) -> Drawn:
    """A coefficient in the expansion of a power."""
    exponent = rng.randint(3, max(5, size // 2))
    a, b = rng.choice((1, 2, 3, 5)), rng.choice((-4, -3, -2, -1, 1, 2, 3, 4))
    power = rng.randint(1, exponent - 1)
    first = f"{a if a > 1 else ''}x^2"
    text = (
        f"What is the coefficient of $x^{{{2 * power}}}$ in the expansion of "
        f"$({first} {'+' if b > 0 else '-'} {abs(b)})^{{{exponent}}}$?"
    )
    value = comb(exponent, power) * a**power * b ** (exponent - power)
    return Drawn(text, str(value), {"a": a, "b": b, "exponent": exponent, "power": 2 * power})


def even_product(rng: Random, size: int) -> Drawn:
    """Probability that the product of drawn numbers is a multiple of a prime."""
    last, prime = rng.randint(size, 3 * size), rng.choice((2, 3, 5))
    drawn = rng.randint(2, 3)
    text = (
        f"{drawn} different whole numbers are chosen at random from 1 to {last}. "
        f"What is the probability that their product is divisible by {prime}?"
    )
    value = 1 - Fraction(comb(last - last // prime, drawn), comb(last, drawn))
    return Drawn(text, fraction_text(value), {"last": last, "prime": prime, "drawn": drawn})

"""Templates of word problems with big numbers; the tests prove each answer by another way of counting."""

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import NamedTuple

from curriculum.tasks.sources.symbench.parts.people import PEOPLE


class WordProblem(NamedTuple):
    """A problem, its exact answer, and the numbers in it under their names."""

    text: str
    answer: Fraction
    values: dict[str, int]


WordTemplate = Callable[[Random, int], WordProblem]
"""Makes a problem from a generator and the number of digits of its big numbers."""


def orchard(rng: Random, digits: int) -> WordProblem:
    """Product, difference, product."""
    trees, each, lost, price = _big(rng, digits), rng.randint(12, 90), rng.randint(2, 9), rng.randint(2, 9)
    text = (
        f"An orchard has {trees} trees. Every tree bears {each} apples, of which birds eat {lost}. The rest is sold "
        f"for {price} dollars an apple. How many dollars does the orchard take in?"
    )
    answer = Fraction(trees * (each - lost) * price)
    return WordProblem(text, answer, {"trees": trees, "each": each, "lost": lost, "price": price})


def payroll(rng: Random, digits: int) -> WordProblem:
    """Overtime at one and a half times the wage."""
    wage, regular, extra, weeks = (
        _big(rng, digits),
        rng.randint(20, 40),
        rng.randint(1, 15),
        rng.randint(2, 9),
    )
    text = (
        f"{rng.choice(PEOPLE)} earns {wage} cents an hour for the first {regular} hours of a week and one and a half "
        f"times as much for each hour beyond them. How many cents are earned in {weeks} weeks of {regular + extra} "
        "hours each?"
    )
    answer = weeks * (wage * regular + Fraction(3, 2) * wage * extra)
    return WordProblem(text, answer, {"wage": wage, "regular": regular, "extra": extra, "weeks": weeks})


def savings(rng: Random, digits: int) -> WordProblem:
    """Start, yearly deposits, yearly costs; may end below zero."""
    start, deposit, cost, years = _big(rng, digits), _big(rng, digits), _big(rng, digits), rng.randint(3, 12)
    text = (
        f"A fund holds {start} dollars. Every year {deposit} dollars are paid in, and then {cost} dollars are paid "
        f"out. How many dollars does it hold after {years} years? If it is in debt, answer with a negative number."
    )
    answer = Fraction(start + years * (deposit - cost))
    return WordProblem(text, answer, {"start": start, "deposit": deposit, "cost": cost, "years": years})


def packing(rng: Random, digits: int) -> WordProblem:
    """What is left after filling boxes."""
    items, box, given = _big(rng, digits), rng.randint(12, 144), rng.randint(100, 999)
    text = (
        f"A factory makes {items} screws and gives {given} of them away as samples. The rest goes into boxes of {box}. "
        "How many screws are left over when as many boxes as possible are full?"
    )
    return WordProblem(text, Fraction((items - given) % box), {"items": items, "box": box, "given": given})


def discount(rng: Random, digits: int) -> WordProblem:
    """Percentages off, then a fixed fee."""
    price, count, percent, fee = (
        _big(rng, digits),
        rng.randint(2, 12),
        5 * rng.randint(1, 12),
        rng.randint(3, 99),
    )
    text = (
        f"A machine costs {price} dollars. {rng.choice(PEOPLE)} orders {count} of them, gets {percent} percent off "
        f"the price of all of them together, and pays {fee} dollars for delivery on top. "
        "How many dollars does the order cost?"
    )
    answer = Fraction(price * count * (100 - percent), 100) + fee
    return WordProblem(text, answer, {"price": price, "count": count, "percent": percent, "fee": fee})


def average(rng: Random, digits: int) -> WordProblem:
    """Mean of three guesses, two of them told by the first."""
    first, percent, less = _big(rng, digits), 10 * rng.randint(1, 9), rng.randint(11, 99)
    text = (
        f"Three people guess how many seeds are in a silo. The first guesses {first}, the second {percent} percent "
        f"more than the first, the third {less} fewer than the first. What is the average of the three guesses?"
    )
    answer = (first + first * Fraction(100 + percent, 100) + first - less) / 3
    return WordProblem(text, answer, {"first": first, "percent": percent, "less": less})


def shares(rng: Random, digits: int) -> WordProblem:
    """A total split by a ratio."""
    total, a, b, c = _big(rng, digits), rng.randint(1, 9), rng.randint(1, 9), rng.randint(1, 9)
    one, two, three = rng.sample(PEOPLE, 3)
    text = (
        f"{one}, {two} and {three} divide {total} grams of gold in the ratio {a} : {b} : {c}, in this order. "
        f"How many grams more does {three} get than {one} (negative if fewer)?"
    )
    return WordProblem(text, Fraction(total * (c - a), a + b + c), {"total": total, "a": a, "b": b, "c": c})


def tank(rng: Random, digits: int) -> WordProblem:
    """Filling and leaking, in hours and minutes."""
    litres, inflow, leak, hours = (
        _big(rng, digits),
        rng.randint(200, 900),
        rng.randint(10, 190),
        rng.randint(2, 30),
    )
    text = (
        f"A tank holds {litres} litres of water. A pipe adds {inflow} litres a minute while {leak} litres a minute "
        f"leak out. How many litres are in the tank after {hours} hours, if it never overflows?"
    )
    answer = Fraction(litres + 60 * hours * (inflow - leak))
    return WordProblem(text, answer, {"litres": litres, "inflow": inflow, "leak": leak, "hours": hours})


def chain(rng: Random, digits: int) -> WordProblem:
    """Each town told by the one before; all added up."""
    base, times, more, percent = (
        _big(rng, digits),
        rng.randint(2, 9),
        _big(rng, digits),
        10 * rng.randint(1, 9),
    )
    text = (
        f"Town P has {base} inhabitants. Town Q has {times} times as many as P. Town R has {more} more than Q. "
        f"Town S has {percent} percent fewer than R. How many inhabitants do the four towns have on average?"
    )
    q = base * times
    r = q + more
    answer = (base + q + r + r * Fraction(100 - percent, 100)) / 4
    return WordProblem(text, answer, {"base": base, "times": times, "more": more, "percent": percent})


def journey(rng: Random, digits: int) -> WordProblem:
    """Average speed over two legs."""
    first, second = _big(rng, digits), _big(rng, digits)
    fast, slow = rng.randint(40, 90), rng.randint(10, 39)
    text = (
        f"A probe flies {first} kilometres at {fast} kilometres an hour and then {second} kilometres at {slow} "
        "kilometres an hour. What is its average speed over the whole way, in kilometres an hour?"
    )
    answer = (first + second) / (Fraction(first, fast) + Fraction(second, slow))
    return WordProblem(text, answer, {"first": first, "second": second, "fast": fast, "slow": slow})


def mixture(rng: Random, digits: int) -> WordProblem:
    """Share of one part after pouring together and spilling."""
    one, two, spilt = _big(rng, digits), _big(rng, digits), rng.randint(2, 9)
    strong, weak = 10 * rng.randint(5, 9), 10 * rng.randint(1, 4)
    text = (
        f"{one} litres of a juice that is {strong} percent fruit are stirred together with {two} litres of one that "
        f"is {weak} percent fruit. One part in {spilt} of the mixture is spilt. How many litres of fruit are left?"
    )
    answer = Fraction(one * strong + two * weak, 100) * Fraction(spilt - 1, spilt)
    return WordProblem(text, answer, {"one": one, "two": two, "spilt": spilt, "strong": strong, "weak": weak})


def fleet(rng: Random, digits: int) -> WordProblem:
    """Trips needed, rounded up, then their cost."""
    load, truck, cost, crew = _big(rng, digits), rng.randint(13, 97), rng.randint(20, 400), rng.randint(2, 5)
    text = (
        f"{load} tonnes of sand are moved by trucks that take {truck} tonnes each. Every trip, full or not, costs "
        f"{cost} dollars for fuel and {crew} drivers at 45 dollars each. How many dollars does it cost in all?"
    )
    answer = Fraction(-(-load // truck) * (cost + 45 * crew))
    return WordProblem(text, answer, {"load": load, "truck": truck, "cost": cost, "crew": crew})


def _big(rng: Random, digits: int) -> int:
    return rng.randint(10 ** (digits - 1) + 1, 10**digits - 1)


TEMPLATES: dict[int, tuple[WordTemplate, ...]] = {
    2: (orchard, tank, packing),
    3: (savings, discount, shares, payroll),
    4: (average, journey, fleet),
    5: (chain, mixture),
}
"""By the number of steps they take, about."""

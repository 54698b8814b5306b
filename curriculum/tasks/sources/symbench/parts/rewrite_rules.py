"""Rules that rewrite a string: as data, in words, and at work. For string_deletion_and_modification."""

import random
import re
from typing import Literal, TypedDict

Where = Literal["start", "end", "first", "inside", "even", "longer"]
_RANDOM_PLACES: tuple[Where, ...] = (
    *("start", "start", "end", "end", "first", "first"),
    *("inside", "even", "longer"),
)


class Rule(TypedDict):
    """When a rule applies and what it then does, in the order of the fields `put` to `drop_last`."""

    where: Where
    """`start`, `end`, `first` occurrence anywhere, first occurrence `inside` (not counting the very start); `even`
    number of a letter, at least two; `longer` than a number of characters."""
    what: str
    """The text looked for; the letter counted; the number."""
    put: str
    """What replaces the text found; for `longer`, the middle character goes instead."""
    prepend: str
    append: str
    drop_last: bool


_PUBLISHED_CONDITIONS: tuple[tuple[Where, re.Pattern[str]], ...] = (
    ("start", re.compile(r"(?:starts with|prefix is) '(\w+)'")),
    ("end", re.compile(r"(?:ends with|suffix is) '(\w+)'")),
    ("inside", re.compile(r"contains '(\w+)' \(not at the start\)")),
    ("first", re.compile(r"contains '(\w+)'")),
    ("even", re.compile(r"contains an even number of '(\w)'s")),
    ("longer", re.compile(r"length is greater than (\d+)")),
)
_REPLACED = re.compile(r"replace (?:it|the first [a-z ]+) with (?:its reverse \()?'(\w+)'")
_REMOVED = re.compile(
    r"(?:remove|delete) the (?:(first|last) (?:two characters|occurrence)|(first|second|last) char)"
)
_APPENDED = re.compile(r"append '(\w+)' (?:to|at) the end")
_PREPENDED = re.compile(r"prepend '(\w+)' to the start")


def rewritten(rule: Rule, text: str) -> str | None:
    """The string after one application; None if the rule does not apply."""
    what, where = rule["what"], rule["where"]
    if where == "longer":
        middle = len(text) // 2
        changed = text[:middle] + text[middle + 1 :] if len(text) > int(what) else None
    elif where == "even":
        number = text.count(what)
        changed = text if number and number % 2 == 0 else None
    else:
        place = _place(where, what, text)
        changed = None if place < 0 else text[:place] + rule["put"] + text[place + len(what) :]
    if changed is None:
        return None
    changed = rule["prepend"] + changed + rule["append"]
    return changed[:-1] if rule["drop_last"] else changed


def states(text: str, rules: list[Rule], max_steps: int) -> list[str]:
    """The string at first and after each step; a step applies the first rule in the list that applies.

    Raises:
        ValueError: If a rule still applies after so many steps.
    """
    found = [text]
    for _ in range(max_steps):
        changed = (rewritten(rule, found[-1]) for rule in rules)
        following = next((text for text in changed if text is not None), None)
        if following is None:
            return found
        found.append(following)
    raise ValueError(f"a rule still applies after {max_steps} steps: the rewriting has no end in sight")


def published_rule(sentence: str) -> Rule:
    """The rule that a published sentence states.

    Raises:
        ValueError: If it is none of the known kinds.
    """
    condition, _, action = sentence.partition(", ")
    matches = ((where, pattern.search(condition)) for where, pattern in _PUBLISHED_CONDITIONS)
    where, match = next(((where, match) for where, match in matches if match), (None, None))
    if where is None or match is None:
        raise ValueError(f"unknown kind of rule: {sentence!r}")
    what = match[1]
    replaced, removed = _REPLACED.search(action), _REMOVED.search(action)
    put = replaced[1] if replaced else what
    if removed and not replaced:
        part = removed[2]
        put = {None: "", "first": what[1:], "second": what[:1] + what[2:], "last": what[:-1]}[part]
    appended, prepended = _APPENDED.search(action), _PREPENDED.search(action)
    return Rule(
        where=where,
        what=what,
        put=put,
        prepend=prepended[1] if prepended else "",
        append=appended[1] if appended else "",
        drop_last="delete the last character" in action,
    )


def random_rule(rng: random.Random, letters: str, length: int) -> Rule:
    """A rule over these letters for strings of about this length."""
    where = rng.choice(_RANDOM_PLACES)
    rule = Rule(where=where, what="", put="", prepend="", append="", drop_last=False)
    if where == "longer":
        rule["what"] = str(rng.randint(length * 2 // 3, length))
    elif where == "even":
        rule["what"] = rng.choice(letters)
        rule["append" if rng.random() < 0.5 else "prepend"] = _word(rng, letters, 1, 2)
    else:
        rule["what"] = _word(rng, letters, 2, 3)
        rule["put"] = _word(rng, letters, 0, 2)
        if rng.random() < 0.3:
            kind = rng.choice(("append", "prepend", "drop"))
            rule["append"] = _word(rng, letters, 1, 2) if kind == "append" else ""
            rule["prepend"] = _word(rng, letters, 1, 2) if kind == "prepend" else ""
            rule["drop_last"] = kind == "drop"
    return rule


def in_words(rule: Rule) -> str:
    """The rule as a sentence."""
    what = rule["what"]
    condition, action = {
        "start": (f"begins with {what}", f"those {len(what)} letters"),
        "end": (f"ends with {what}", f"those {len(what)} letters"),
        "first": (f"has {what} in it", f"the leftmost {what}"),
        "inside": (f"has {what} in it from the second letter on", f"the leftmost such {what}"),
        "even": (f"has the letter {what} 2, 4, 6 or another even number of times (not 0)", ""),
        "longer": (f"has more than {what} letters", "the middle letter"),
    }[rule["where"]]
    actions = [f"replace {action} by {rule['put']}" if rule["put"] else f"delete {action}"] if action else []
    actions += [f"put {rule['prepend']} in front of the string"] if rule["prepend"] else []
    actions += [f"put {rule['append']} behind the string"] if rule["append"] else []
    actions += ["delete the last letter of the string"] if rule["drop_last"] else []
    return f"If the string {condition}: {', then '.join(actions)}."


def _place(where: Where, what: str, text: str) -> int:
    if where == "start":
        return 0 if text.startswith(what) else -1
    if where == "end":
        return len(text) - len(what) if text.endswith(what) else -1
    return text.find(what, 1 if where == "inside" else 0)


def _word(rng: random.Random, letters: str, shortest: int, longest: int) -> str:
    return "".join(rng.choices(letters, k=rng.randint(shortest, longest)))

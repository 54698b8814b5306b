"""Words: anagrams, isomorphic strings."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, found


def group_anagrams(question: str) -> Solution:
    """By the sorted letters."""
    words = found(r"into anagrams:\n(\[.+?\])", question, re.DOTALL)
    script = (
        "import json\n\n"
        f"words = {words}\ngroups = {{}}\nfor word in words:\n"
        '    groups.setdefault("".join(sorted(word)), []).append(word)\n'
        "print(json.dumps(list(groups.values())))"
    )
    check = (
        f"import json\n\nwords = {words}\ngroups = json.loads(ANSWER)\n"
        "flat = [word for group in groups for word in group]\n"
        "keys = [{tuple(sorted(word)) for word in group} for group in groups]\n"
        "whole = sorted(flat) == sorted(words) and all(len(k) == 1 for k in keys)\n"
        "print(whole and len(set(map(frozenset, keys))) == len(keys))"
    )
    return Solution(
        step=Step(remark="Anagrams have the same sorted letters.", script=script),
        remarks=("Sort the letters of each word and group by that.",),
        slips=(
            Slip(
                script=script.replace('"".join(sorted(word))', "sorted(word)"),
                remedy="A list cannot be a key: join the letters.",
            ),
            Slip(script=script.split("\n", 2)[2], remedy="json must be imported."),
        ),
        check=Step(
            remark="I check that every word is in one group and no two groups belong together.", script=check
        ),
    )


def isomorphic_strings(question: str) -> Solution:
    """Pairs of characters must be unique both ways."""
    match = re.search(r"or False otherwise:\n(\S+) (\S+)\s*$", question)
    if match is None:
        raise WrongWordingError(question)
    script = (
        f'a, b = "{match[1]}", "{match[2]}"\npairs = set(zip(a, b))\n'
        "print(len(a) == len(b) and len(pairs) == len(set(a)) == len(set(b)))"
    )
    check = (
        f'a, b = "{match[1]}", "{match[2]}"\n'
        "first = [a.index(x) for x in a]\nsecond = [b.index(x) for x in b]\nprint(ANSWER == str(first == second))"
    )
    return Solution(
        step=Step(
            remark="The strings are isomorphic if every character has one partner, both ways.", script=script
        ),
        remarks=("Count the different pairs of characters.",),
        slips=(
            Slip(
                script=script.replace("zip(a, b)", "zip(a b)"),
                remedy="A comma is missing between a and b.",
            ),
        ),
        check=Step(remark="I compare where each character occurs first.", script=check),
    )


SOLVERS: dict[str, Solver] = {
    "group_anagrams": group_anagrams,
    "isomorphic_strings": isomorphic_strings,
}

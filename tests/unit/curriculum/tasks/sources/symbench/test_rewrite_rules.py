"""Rewrite rules: each kind at work on a string, worked out by hand, and the published sentences read."""

import random

import pytest

from curriculum.tasks.sources.symbench.parts.rewrite_rules import (
    Rule,
    in_words,
    published_rule,
    random_rule,
    rewritten,
    states,
)


def rule(where: str, what: str, put: str = "", **more: object) -> Rule:
    return {"where": where, "what": what, "put": put, "prepend": "", "append": "", "drop_last": False, **more}  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("applied", "text", "after"),
    [
        (rule("start", "ab", "c"), "abba", "cba"),
        (rule("start", "ab", "c"), "bab", None),
        (rule("end", "ba", ""), "abba", "ab"),
        (rule("first", "ab", "cc"), "bababa", "bccaba"),
        (rule("inside", "ca"), "cacab", "cab"),
        (rule("inside", "ca"), "cab", None),
        (rule("even", "b", append="ab"), "abab", "ababab"),
        (rule("even", "b", append="ab"), "aaa", None),
        (rule("even", "b", append="ab"), "aba", None),
        (rule("longer", "3"), "abcd", "abd"),
        (rule("longer", "3"), "abcde", "abde"),
        (rule("longer", "3"), "abc", None),
        (rule("start", "cb", "aa", drop_last=True), "cbxyz", "aaxy"),
        (rule("end", "cc", "b", prepend="a"), "xcc", "axb"),
    ],
)
def test_a_rule_changes_what_it_says(applied: Rule, text: str, after: str | None) -> None:
    assert rewritten(applied, text) == after


def test_after_each_step_the_first_rule_is_looked_at_again() -> None:
    rules = [rule("start", "aa", "a"), rule("end", "b", "")]
    # In rounds the second rule would come after each step of the first.
    assert states("aaabb", rules, 9) == ["aaabb", "aabb", "abb", "ab", "a"]


def test_rules_without_an_end_are_refused() -> None:
    with pytest.raises(ValueError, match="no end in sight"):
        states("ab", [rule("first", "ab", "ba"), rule("first", "ba", "ab")], 50)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("If the string starts with 'bb', remove the second character.", rule("start", "bb", "b")),
        ("If the string ends with 'ca', remove the last character.", rule("end", "ca", "c")),
        (
            "If the string contains 'acb', replace the first occurrence with its reverse ('bca').",
            rule("first", "acb", "bca"),
        ),
        (
            "If the string prefix is 'bc', delete the first two characters and append 'aa' to the end.",
            rule("start", "bc", "", append="aa"),
        ),
        (
            "If the string prefix is 'cb', replace it with 'aa' and delete the last character.",
            rule("start", "cb", "aa", drop_last=True),
        ),
    ],
)
def test_published_sentences_are_read(sentence: str, expected: Rule) -> None:
    assert published_rule(sentence) == expected


def test_an_unknown_sentence_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind of rule"):
        published_rule("If the string is a palindrome, reverse it.")


def test_words_tell_rules_apart() -> None:
    rules = [random_rule(random.Random(seed), "abc", 20) for seed in range(300)]
    by_words = {in_words(one): one for one in rules}
    assert all(by_words[in_words(one)] == one for one in rules)
    assert in_words(rule("end", "cc", "b", prepend="a")) == (
        "If the string ends with cc: replace those 2 letters by b, then put a in front of the string."
    )

"""The page's own files: nothing from elsewhere, and no way for a text to become markup."""

import re

import pytest

from driver.viewer.app import PAGE

SCRIPTS = sorted(PAGE.glob("*.js"))
FILES = sorted(PAGE.iterdir())
# What would parse a text as markup or run it.
PARSES = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc|setHTML"
    r"|\beval\b|new Function|javascript:"
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_file_names_another_host(file) -> None:
    text = file.read_text(encoding="utf-8")
    addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'`]*", text))
    # The name of a namespace is no address: nothing is fetched from it.
    assert addresses <= {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_no_script_parses_a_text_as_markup(file) -> None:
    assert PARSES.findall(file.read_text(encoding="utf-8")) == []


def test_the_page_holds_no_script_or_style_of_its_own_and_names_every_file() -> None:
    page = (PAGE / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", page) == []
    named = re.findall(r'(?:src|href)="([\w.]+)"', page)
    assert sorted(named) == sorted(file.name for file in FILES if file.name != "index.html")


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_no_script_is_longer_than_a_file_of_ours_may_be(file) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 400

"""Who the word problems are about."""

PEOPLE = (
    "Ana",
    "Bruno",
    "Chloe",
    "Dario",
    "Edith",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Katya",
    "Luis",
)

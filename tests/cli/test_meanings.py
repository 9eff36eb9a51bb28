from paretocaps.cli.meanings import MEANINGS


def test_every_meaning_is_a_sentence_or_begins_one():
    for flag, meaning in MEANINGS.items():
        assert flag.startswith("--")
        assert meaning.text[0].isupper(), flag

from livedeck.sdk.docstrings import Docstring, read


def test_none_says_nothing() -> None:
    assert read(None) == Docstring()
    assert read("") == Docstring()


def test_google_form() -> None:
    docs = read(
        """Train it.

        On a machine.

        Args:
            x: The first,
                continued here.
            epochs (int): How often: at least once.
            **more: The rest.

        Returns:
            y: not an argument.
        """
    )
    assert docs.summary == "Train it."
    assert docs.arguments == {
        "x": "The first, continued here.",
        "epochs": "How often: at least once.",
        "more": "The rest.",
    }
    assert docs.text.startswith("Train it.\n\nOn a machine.")


def test_sphinx_form() -> None:
    docs = read(
        """Train it,
        quickly.

        :param x: the first
            continued
        :param int epochs: how often
        :return: y
        """
    )
    assert docs.summary == "Train it, quickly."
    assert docs.arguments == {"x": "the first continued", "epochs": "how often"}


def test_a_docstring_without_a_summary() -> None:
    assert read("Args:\n    x: one").summary == ""
    assert read(":param x: one").summary == ""

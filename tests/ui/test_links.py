"""Every value that a link may carry is declared; what a link cannot have is said, whichever view is open."""

import pytest
from streamlit.testing.v1 import AppTest

from seqviz.ui.shell.contents import PAGES
from seqviz.ui.shell.parameters import DECLARED, PARAMETERS, Choice, Span, Switch, Text, Whole
from seqviz.ui.shell.url import MOST_SAID


def unusable(name: str) -> str | None:
    """A text that no page can take for this parameter; None where any text will do."""
    match PARAMETERS[name].type:
        case Whole() | Span() | Switch():
            return "nonsense"
        case Choice():
            return "nonsense"
        case Text(most):
            return "x" * (most + 1)
        case _:
            return "!?"


def test_no_two_parameters_share_a_name_old_or_new():
    """One would silently take the other's place."""
    names = [name for parameter in DECLARED for name in (parameter.name, *parameter.was)]
    assert [name for name in names if names.count(name) > 1] == []


def test_every_page_and_every_default_is_one_that_exists():
    for parameter in PARAMETERS.values():
        assert set(parameter.pages) <= set(PAGES), parameter.name
        if isinstance(parameter.default, str) and isinstance(parameter.type, Choice) and parameter.type.options:
            assert parameter.default in parameter.type.options, parameter.name
        if isinstance(parameter.default, int) and isinstance(parameter.type, Whole):
            assert parameter.type.low <= parameter.default <= parameter.type.high, parameter.name


@pytest.mark.parametrize("page", PAGES)
def test_a_value_that_cannot_be_used_is_said_and_leaves_the_link(page):
    """Declared ranges are looked at for all views of a page at once, whatever the view that is open draws."""
    wrong = {
        name: unusable(name)
        for name, parameter in PARAMETERS.items()
        if page in parameter.pages and not (isinstance(parameter.type, Choice) and not parameter.type.options)
    }
    app = AppTest.from_function(_only_the_link, kwargs={"page": page}).run()
    names = list(wrong)
    for start in range(0, len(names), MOST_SAID):  # as many as one sentence names
        together = names[start : start + MOST_SAID]
        app.query_params.update({name: wrong[name] for name in together})
        app.run()
        for name in together:
            assert f"{name} ` cannot be" in app.toast[0].value, name
            assert name not in app.query_params


@pytest.mark.parametrize("page", PAGES)
def test_a_name_that_means_nothing_is_said(page):
    app = AppTest.from_function(_only_the_link, kwargs={"page": page}).run()
    app.query_params["colour"] = "<b>red</b>"
    app.run()
    assert "colour" in app.toast[0].value
    assert "colour" not in app.query_params


def _only_the_link(page: str) -> None:
    from seqviz.ui.shell.url import open_page

    open_page(page)


def _a_choice_and_a_step() -> None:
    import streamlit as st

    from seqviz.ui.shell.url import choose, open_page, recalled_step

    open_page("gates")
    choose("Network", ["gru", "lstm"], "model")
    st.write(recalled_step(28))


@pytest.mark.parametrize(("name", "text", "said"), [("model", "elman", "Network"), ("step", "124", "step")])
def test_what_only_the_page_can_know_is_said_where_it_is_drawn(name, text, said):
    app = AppTest.from_function(_a_choice_and_a_step)
    app.query_params[name] = text
    app.run()
    assert len(app.toast) == 1
    assert said in app.toast[0].value
    assert text in app.toast[0].value


@pytest.mark.parametrize(
    ("page", "old", "now"),
    [
        ("gates", {"view": "crank", "crank": "gru"}, {"view": "simulate", "simulated": "gru"}),
        ("gradient-flow", {"part": "theory"}, {"view": "theory"}),
        ("heads", {"heads": "documents"}, {"view": "seeds"}),
        ("attribution", {"attribution": "letters", "letter_method": "occlusion"}, {"view": "characters"}),
        ("attribution", {"attribution": "trust", "trust": "ruin", "ruined": "rnn"}, {"view": "randomization"}),
        ("sampling", {"sampling": "write", "show": "four", "letters": "60"}, {"view": "four", "length": "60"}),
        ("sampling", {"sampling": "learn", "show": "four"}, {"view": "learn"}),
        ("attribution", {"attribution": "units", "trust": "ruin"}, {"view": "units"}),
        ("sampling", {"show": "beam"}, {"view": "beam"}),
        ("sampling", {"sampling": "heat", "heat": "0.2"}, {"view": "temperature", "temperature": "0.2"}),
    ],
)
def test_links_of_before_still_open(page, old, now):
    app = AppTest.from_function(_only_the_link, kwargs={"page": page}).run()
    app.query_params.update(old)
    app.run()
    assert now.items() <= {name: app.query_params[name] for name in app.query_params}.items()
    assert not app.toast

"""Two visitors on one server: what one brings to learn from, nobody else's menus, views or links show."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from seqviz.errors import PrivateRun
from seqviz.jobs.history import runs_folder, share_run
from seqviz.jobs.texts import keep_text
from seqviz.networks.build import build_model
from seqviz.specs import ModelSpec, TrainSpec
from seqviz.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from seqviz.ui.shell import caches, runs, texts
from tests.waiting import wait_until

SECRET = "SECRET PIN 4711"
TEXT = f"{SECRET} belongs to nobody but me. " * 60
VIEWS = {
    "sampling": ("write", "temperature", "four", "beams", "learn", "units"),
    "attribution": ("pixels", "units", "characters", "planted", "randomization", "votes"),
    "train": ("train",),
    "hidden_states": ("side-by-side", "training"),
    "heads": ("race", "inside"),
}


def everything(app: AppTest) -> str:
    """All that the server has sent to this visitor's browser."""

    def walk(node: object) -> list[str]:
        children = getattr(node, "children", {}).values()
        return [str(getattr(node, "proto", "")), *(text for child in children for text in walk(child))]

    return " ".join(walk(app._tree)) + str(app.query_params)


@pytest.fixture
def shared(monkeypatch):
    monkeypatch.setenv("SEQVIZ_SHARED", "1")


@pytest.fixture
def private_run(shared, open_page) -> str:
    """A run that a visitor has trained on a text of their own."""
    data, run = texts.own_text(TEXT), "20260101-120000-gru-text-beef"
    keep_text(runs_folder(), data, "owner")
    model = build_model(ModelSpec.language_model(data.vocabulary.characters, hidden_size=8))
    checkpoint = Checkpoint(
        model.spec, model.state_dict(), data.name, TrainSpec(), "step_cross_entropy", step=1, total=1, owner="owner"
    )
    save_checkpoint(checkpoint, runs_folder() / f"{run}.safetensors")
    return run


def test_its_owner_sees_it_and_others_do_not_while_it_trains(shared, open_page):
    """From the page, over the job that is under way, before and after it has ended."""
    mine = open_page("sampling", view="learn", learn_from="own", text_units="8", text_epochs="900", text_layers="1")
    mine.text_area(key="own text").set_value(TEXT).run()
    mine.button(key="learn").click().run()
    run = mine.session_state["text run"]
    for state in ("running", "stopped"):
        wait_until(lambda state=state: caches.jobs().get(run).state == state)
        other = open_page("sampling", view="learn", run=run)
        assert f"The run {run} is private" in everything(other)
        caches.jobs().get(run).steer("stop")
    mine.run()
    assert not mine.exception
    assert not [text for text in mine.text if "is private" in text.value]
    assert run in everything(open_page("sampling", view="learn", run=run)), "in the sentence that refuses it"


def menus(app: AppTest) -> list[str]:
    return [option for box in app.selectbox for option in box.options]


@pytest.mark.parametrize(("page", "view"), [(page, view) for page, views in VIEWS.items() for view in views])
def test_nobody_elses_views_show_it(open_page, private_run, page, view):
    """On the commit before, any visitor found another's network in the menus, and its text in two views."""
    link = dict.fromkeys(("model", "reader", "writer", "run", "inside1", "networks", "randomized"), private_run)
    other = open_page(page, view=view, behind=private_run, **link)
    assert not other.exception
    sent = everything(other)
    assert SECRET not in sent
    title = caches.title_alone(private_run)
    assert not [option for option in menus(other) if title in option]
    assert title not in sent.replace(private_run, "")


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("sampling", {"view": "write", "writer": ""}),
        ("sampling", {"view": "units", "reader": ""}),
        ("attribution", {"view": "characters", "reader": ""}),
        ("sampling", {"view": "learn", "run": ""}),
    ],
    ids=str,
)
def test_a_link_to_it_says_that_it_is_private(open_page, private_run, page, link):
    other = open_page(page, **{name: value or private_run for name, value in link.items()})
    said = everything(other) + " ".join(toast.value for toast in other.toast)
    assert f"The run {private_run} is private" in said
    assert not other.exception


def test_it_is_seen_once_its_owner_shares_it_and_no_longer_once_not(open_page, private_run):
    share_run(runs_folder(), private_run, shared=True)
    other = open_page("sampling", view="units", reader=private_run)
    assert SECRET in everything(other)
    share_run(runs_folder(), private_run, shared=False)
    other.run()
    assert SECRET not in everything(other)


def test_a_shared_run_cannot_be_gone_on_with_by_others(open_page, private_run):
    """A copy would keep the text after its owner has taken it back."""
    path = runs_folder() / f"{private_run}.safetensors"
    save_checkpoint(replace(load_checkpoint(path), status="stopped", settings={"groups": []}), path)
    share_run(runs_folder(), private_run, shared=True)
    other = open_page("sampling", view="learn", run=private_run)
    assert "stopped" in everything(other)
    assert not [button for button in other.button if button.label.startswith("Go on")]
    with pytest.raises(PrivateRun, match="only its owner can go on with it"):
        runs.resume(private_run)


def test_only_its_owner_can_share_rename_or_delete_it(open_page, private_run):
    other = open_page("sampling", view="learn")
    keys = [widget.key for kind in (other.button, other.toggle, other.text_input) for widget in kind if widget.key]
    assert not [key for key in keys if private_run in key]


def test_on_a_server_of_ones_own_everything_is_ones_own(open_page, private_run, monkeypatch):
    monkeypatch.setenv("SEQVIZ_SHARED", "0")
    app = open_page("sampling", view="units", reader=private_run)
    assert SECRET in everything(app)


def test_own_texts_are_offered_again_renamed_and_deleted(shared, open_page):
    app = open_page("sampling", view="learn", learn_from="own", text_units="8", text_epochs="1")
    app.text_area(key="own text").set_value(TEXT).run()
    app.button(key="learn").click().run()
    wait_until(lambda: caches.jobs().get(app.session_state["text run"]).ended)
    app.run()
    box = next(box for box in app.selectbox if box.label == "Which text")
    kept = box.options[1]
    box.set_value(box.options[1]).run()
    title = next(field for field in app.text_input if field.key.startswith("text title"))
    name = title.key.removeprefix("text title ")
    title.set_value("My <b>diary</b>").run()
    assert kept != (renamed := next(box for box in app.selectbox if box.label == "Which text").options[1])
    assert renamed.startswith("My <b>diary</b>, ")
    assert "Which text" not in [box.label for box in open_page("sampling", view="learn", learn_from="own").selectbox]
    app.button(key=f"delete {name}").click().run()
    assert not app.exception
    assert not list((runs_folder() / "texts").glob("own-*.txt"))


def test_a_text_that_is_too_long_gets_a_sentence_whichever_way_it_comes(open_page):
    """On the commit before, 20 MB of pasted text was cut to 5 million characters without a word."""
    app = open_page("sampling", view="learn", learn_from="own")
    app.text_area(key="own text").set_value("to be or not to be " * 1_100_000).run()
    assert "20,900,000 characters; at most 5,000,000 are taken" in everything(app)
    assert not app.exception

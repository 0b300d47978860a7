"""What a callback gives to a widget stays given, whatever the browser still sends."""

from streamlit.testing.v1 import AppTest


def _two_views() -> None:
    import streamlit as st

    from seqviz.ui.shell.url import assign, pick, whole

    view = pick("View", ["watch", "operate"], "view")
    if view == "watch":
        whole("Unit", "unit", high=9)
    st.button("Pin unit 3", on_click=assign, args=("unit", 3))
    if view == "operate":
        st.stop()  # what another click does to a run that goes on: the widgets that left are not dropped


def _view(app: AppTest, name: str) -> AppTest:
    return app.button_group(key=" view").set_value(name)


def test_a_value_assigned_from_another_view_beats_what_the_browser_still_sends() -> None:
    app = AppTest.from_function(_two_views)
    app.run()
    app.number_input(key="unit").set_value(7).run()
    as_drawn = app._tree  # with the widget that the next run drops, and its old value
    _view(app, "operate").run()
    app.button[0].click().run()
    app._tree = as_drawn  # the browser, too, still sends them
    app.number_input(key="unit").set_value(7)
    _view(app, "watch").run()
    assert app.number_input[0].value == 3

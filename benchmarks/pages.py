"""What a rerun of a page costs the server."""

import statistics
from pathlib import Path

from streamlit.testing.v1 import AppTest

from benchmarks.report import Figure
from benchmarks.timing import seconds

NAVIGATION = Path(__file__).parents[1] / "pages" / "navigation.py"
PAGES = ("home", "hidden_states", "gates", "gradient_flow", "heads", "attribution", "sampling", "train")


def open_page(name: str) -> AppTest:
    app = AppTest.from_file(str(NAVIGATION), default_timeout=60).run()
    return app.switch_page(f"{name}.py").run()


def warm_reruns() -> list[Figure]:
    """The whole script again, in Streamlit's test harness, with warm caches."""
    figures = [_lever(), _edit()]  # before the sessions of the other pages fill the process
    for name in PAGES:
        app = open_page(name)
        first = seconds(app.run)
        warm = statistics.median(seconds(app.run) for _ in range(15))
        reference = f"the run before: {first * 1e3:.0f} ms"
        figures.append(Figure(f"warm rerun of {name}", warm * 1e3, "ms", reference, 100.0, at_least=False))
    return figures


def _edit() -> Figure:
    """Another edit of the same digit, chosen on the Gates page."""
    app = open_page("gates")
    app.segmented_control(key="gates view").set_value("operate").run()
    unedited = statistics.median(seconds(app.run) for _ in range(5))
    rows = app.number_input(key="from")
    times = [seconds(rows.set_value(row).run) for row in range(2, 27, 2)]
    reference = f"the same page again, nothing changed: {unedited * 1e3:.0f} ms"
    return Figure("warm edit of one digit", statistics.median(times) * 1e3, "ms", reference, 150.0, at_least=False)


def _lever() -> Figure:
    """Another lever on the Gradient flow page, in all three cells, with 200 blank rows appended."""
    app = open_page("gradient_flow")
    unmoved = statistics.median(seconds(app.run) for _ in range(5))
    app.select_slider(key="blank").set_value("200").run()
    radius = app.select_slider(key="radius")
    times = [seconds(radius.set_value(f"{tenth / 10:g}").run) for tenth in range(5, 15)]
    reference = f"the same page with 28 rows, nothing changed: {unmoved * 1e3:.0f} ms"
    return Figure(
        "a lever, three cells, 228 rows", statistics.median(times) * 1e3, "ms", reference, 300.0, at_least=False
    )

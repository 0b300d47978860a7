"""`load_series`: the one way to get a series by name."""

from pathlib import Path

from seqviz.data.bundled_series import BUNDLED
from seqviz.data.generated_series import GENERATED
from seqviz.data.names import SERIES
from seqviz.data.series import Series
from seqviz.data.series_table import series_of_table
from seqviz.data.tables import read_table
from seqviz.errors import DataError


def load_series(name: str) -> Series:
    """A series that is bundled with statsmodels, is made by a formula, or stands in a CSV file.

    Of a file the first column of dates is its calendar and the first other column of numbers is what is forecast.

    Raises:
        DataError: there is no such series and no such file.
        InputError: the file cannot be read as a series.

    >>> load_series("co2").notes, load_series("random-walk").period
    (('59 weeks without a measurement have the value before them.',), 1)
    """
    makers = BUNDLED | GENERATED
    if name in makers:
        return makers[name]()
    if is_series_file(name):
        path = Path(name)
        try:
            table = read_table(path.read_bytes())
        except OSError as error:
            raise DataError(f"The file {name} cannot be read ({error.strerror}).") from error
        return series_of_table(table, title=path.stem, name=name).series
    raise DataError(f"There is no series and no CSV file {name!r}; choose one of {', '.join(SERIES)}.")


def is_series_file(name: str) -> bool:
    """Whether this is a CSV file on this machine."""
    return name.lower().endswith(".csv") and Path(name).is_file()

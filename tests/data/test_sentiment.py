"""Reviews that people wrote: fetched whole or not at all, never half read, each sentence once."""

import hashlib
import http.server
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator

import pytest

from seqviz.data import sentiment
from seqviz.data.labelled_texts import available_reviews, load_reviews
from seqviz.data.sentiment import Archive
from seqviz.errors import DataCorrupt, DataMissing, DownloadFailed

FILES = {
    "amazon_cells_labelled.txt": b"It works\t great.\t1\nIt broke at once.\t0\n",
    "imdb_labelled.txt": "Dull…\t0\nA delight!\t1\n".encode(),
    "yelp_labelled.txt": b"Crust is good .\t1\nIt broke at once.\t0\n\n",
    "rt-polarity.pos": "a fianc\xe9 to love .\na delight !\n".encode("latin-1"),
    "rt-polarity.neg": b"so long that one sleeps .\n",
}
ZIPPED, TARRED = list(FILES)[:3], list(FILES)[3:]


def zipped(names) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("__MACOSX/sentences/._imdb_labelled.txt", "not this")
        archive.writestr("../../outside.txt", "nor this")
        for name in names:
            archive.writestr(f"sentences/{name}", FILES[name])
    return stream.getvalue()


def tarred(names) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name in names:
            entry = tarfile.TarInfo(f"rt-polaritydata/{name}")
            entry.size = len(FILES[name])
            archive.addfile(entry, io.BytesIO(FILES[name]))
    return stream.getvalue()


@pytest.fixture
def served(monkeypatch) -> Iterator[dict[str, bytes]]:
    """What a server on this machine gives for each address."""
    content = {"/one.zip": zipped(ZIPPED), "/two.tar.gz": tarred(TARRED)}

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path in content else 404)
            self.end_headers()
            self.wfile.write(content.get(self.path, b""))

        def log_message(self, *_: object) -> None:
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    archives = [
        Archive(
            f"http://127.0.0.1:{running.server_port}{path}",
            len(content[path]),
            {name: hashlib.sha256(FILES[name]).hexdigest() for name in names},
        )
        for path, names in (("/one.zip", ZIPPED), ("/two.tar.gz", TARRED))
    ]
    monkeypatch.setattr(sentiment, "ARCHIVES", archives)
    yield content
    running.shutdown()
    running.server_close()


def test_they_are_fetched_on_request_with_progress_and_each_sentence_is_read_once(served, tmp_path):
    with pytest.raises(DataMissing, match="amazon_cells_labelled.txt is not in"):
        load_reviews("reviews", tmp_path)
    assert available_reviews(tmp_path) == ["planted"]
    seen: list[tuple[int, int]] = []
    data = load_reviews("reviews", tmp_path, download=True, progress=lambda *done: seen.append(done))
    whole = sum(archive.size for archive in sentiment.ARCHIVES)
    assert seen[-1] == (whole, whole)
    assert available_reviews(tmp_path) == ["planted", "reviews"]
    labels = dict(zip(data.train + data.test, data.train_labels + data.test_labels, strict=True))
    assert labels == {
        ("it", "works", "great", "."): 1,
        ("it", "broke", "at", "once", "."): 0,
        ("dull", "…"): 0,
        ("a", "delight", "!"): 1,
        ("crust", "is", "good", "."): 1,
        ("a", "fiancé", "to", "love", "."): 1,
        ("so", "long", "that", "one", "sleeps", "."): 0,
    }
    assert {path.name for path in (tmp_path / "sentiment").iterdir()} == set(FILES), "nothing else was unpacked"


def test_what_is_there_is_not_fetched_again(served, tmp_path):
    load_reviews("reviews", tmp_path, download=True)
    served.clear()
    assert load_reviews("reviews", tmp_path, download=True).train


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "Not Found"),
        (b"", "could not be downloaded"),
        (b"<html>moved</html>", "could not be downloaded"),
        (zipped(ZIPPED)[:-200], "could not be downloaded"),
        (zipped(ZIPPED[:2]), "yelp_labelled.txt is missing, incomplete or altered"),
    ],
    ids=["nothing", "empty", "a page", "half", "a file less"],
)
def test_a_download_that_fails_leaves_nothing_behind(served, tmp_path, content, why):
    served.pop("/one.zip") if content is None else served.update({"/one.zip": content})
    with pytest.raises(DownloadFailed, match=f"(?s){why}.*stay with the planted reviews"):
        load_reviews("reviews", tmp_path, download=True)
    assert not list(tmp_path.rglob("*.*"))


def test_a_damaged_file_is_not_read(served, tmp_path):
    load_reviews("reviews", tmp_path, download=True)
    (tmp_path / "sentiment" / "rt-polarity.neg").write_bytes(b"half a")
    with pytest.raises(DataCorrupt, match=r"rt-polarity\.neg is truncated or damaged. Delete it"):
        load_reviews("reviews", tmp_path)


@pytest.mark.skipif(not sentiment.present(), reason="needs the reviews (SEQVIZ_DATA)")
def test_the_published_files_hold_what_their_readme_says():
    data = load_reviews("reviews")
    assert len(data.train) + len(data.test) == 13_640
    assert 0.48 < sum(data.train_labels) / len(data.train) < 0.52
    assert not set(data.train) & set(data.test)

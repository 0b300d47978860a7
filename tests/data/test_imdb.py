"""IMDB, from a small archive of the same layout: split as published, fetched whole or not at all, never half read."""

import hashlib
import io
import tarfile

import pytest

from seqviz.data import imdb
from seqviz.data.labelled_texts import LONGEST, available_reviews, load_reviews
from seqviz.errors import DataCorrupt, DataMissing, DownloadFailed

FILES = {
    "train/pos/0_9.txt": "A delight.<br /><br />See it!",
    "train/neg/0_1.txt": "long " * 500,
    "train/unsup/0_0.txt": "nobody's verdict",
    "train/urls_pos.txt": "http://www.imdb.com",
    "test/pos/7_10.txt": "Good, caf\u00e9 and all.",
    "test/neg/7_2.txt": "Bad.",
    "test/neg/8_2.txt": " ",
    "README": "about",
}


def packed(files) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"aclImdb/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return stream.getvalue()


@pytest.fixture
def served(tmp_path, monkeypatch):
    """The archive under an address of this machine, as the published one."""
    path = tmp_path / "served.tar.gz"
    path.write_bytes(packed(FILES))
    monkeypatch.setattr(imdb, "URLS", (path.as_uri(),))
    monkeypatch.setattr(imdb, "MD5", hashlib.md5(path.read_bytes()).hexdigest())
    return path


def test_it_is_fetched_on_request_and_split_as_published(served, tmp_path):
    root = tmp_path / "data"
    with pytest.raises(DataMissing, match=r"--data imdb --download"):
        load_reviews("imdb", root)
    told = []
    data = load_reviews("imdb", root, download=True, progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == len(served.read_bytes())
    assert available_reviews(root) == ["planted", "imdb"]
    assert data.train == (("a", "delight", ".", "see", "it", "!"), ("long",) * LONGEST)
    assert data.train_labels == (1, 0)
    assert data.test == (("good", ",", "café", "and", "all", "."), ("bad", "."))
    assert data.test_labels == (1, 0), "a review without words is left out"
    assert data.vocabulary.words == ("<pad>", "<unk>", "long"), "words that are rare are unknown"


def test_what_breaks_off_leaves_nothing_behind(served, tmp_path):
    served.write_bytes(served.read_bytes()[:100])
    with pytest.raises(DownloadFailed, match="incomplete or altered"):
        load_reviews("imdb", tmp_path / "data", download=True)
    assert not list((tmp_path / "data").rglob("*.tar.gz"))


def test_a_damaged_archive_is_not_read(served, tmp_path, monkeypatch):
    load_reviews("imdb", tmp_path, download=True)
    archive = tmp_path / "imdb" / "aclImdb_v1.tar.gz"
    archive.write_bytes(archive.read_bytes()[:200])
    with pytest.raises(DataCorrupt, match="truncated or damaged"):
        load_reviews("imdb", tmp_path)
    monkeypatch.setattr(imdb, "MD5", hashlib.md5(archive.read_bytes()).hexdigest())
    with pytest.raises(DataCorrupt, match="truncated or damaged"):
        load_reviews("imdb", tmp_path)
    archive.write_bytes(packed({"train/pos/0_9.txt": "alone"}))
    monkeypatch.setattr(imdb, "MD5", hashlib.md5(archive.read_bytes()).hexdigest())
    with pytest.raises(DataCorrupt, match="truncated or damaged"):
        load_reviews("imdb", tmp_path)

"""Texts and vocabularies: round trips, what is held out, and what is refused in one sentence."""

import hashlib
import http.server
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqviz.data import stdlib, text
from seqviz.data.text import TextData, available_texts, load_text
from seqviz.data.vocabulary import Vocabulary
from seqviz.errors import DataCorrupt, DataMissing, DownloadFailed, InputError
from tests.conftest import needs_mnist

CHARACTERS = st.characters(exclude_categories=["Cs"])


@given(st.text(CHARACTERS, min_size=1))
def test_a_vocabulary_gives_back_what_it_was_given(content):
    vocabulary = Vocabulary.of(content)
    assert vocabulary.decode(vocabulary.encode(content).tolist()) == content
    assert list(vocabulary.characters) == sorted(set(content))


def test_characters_that_a_vocabulary_does_not_have_are_named():
    with pytest.raises(InputError, match=r"does not know 'é' \(U\+00E9\), '\\x00' \(U\+0000\): .* Leave it out"):
        Vocabulary.of("abc").encode("aé\x00b")
    with pytest.raises(InputError, match="and 4 more"):
        Vocabulary.of("a").encode("bcdefghij")


@given(st.text(CHARACTERS, min_size=1000, max_size=1200))
def test_a_text_is_split_and_loses_nothing(content):
    if len(set(content)) > 512:
        return
    plain = content.replace("\r\n", "\n").replace("\r", "\n")
    if len(plain) < 1000:
        return
    data = load_text(content.encode())
    assert data.train + data.test == plain
    assert len(data.test) == len(plain) // 10
    assert not data.vocabulary.unknown(plain)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("", "has 0 characters; a network needs at least 1,000"),
        ("abc" * 100, "has 300 characters; a network needs at least 1,000"),
        (
            "".join(map(chr, range(0x4E00, 0x4E00 + 1500))),
            "has 1,500 distinct characters; a network here knows at most 512",
        ),
        (b"python", "has 6 characters"),
        (b"abc\xff" * 1000, "no UTF-8 text: byte 0xff at position 3"),
        ("ab\r\n" * 2_000_000, r"has 8\.0 MB; at most 5 MB"),
        ("a\ud800" * 1000, "holds half a character"),
        (Path("nowhere.txt"), "nowhere.txt cannot be read"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(source, sentence):
    with pytest.raises(InputError, match=sentence):
        load_text(source)


def test_files_and_uploads_are_read_as_utf_8(tmp_path):
    content = "naïve – “quoted”\r\n" * 100
    (tmp_path / "own.txt").write_bytes(b"\xef\xbb\xbf" + content.encode())
    data = load_text(tmp_path / "own.txt", name="mine")
    assert (data.name, data.train + data.test) == ("mine", content.replace("\r\n", "\n"))
    assert load_text(content.encode()).train == data.train


def test_a_file_that_is_too_large_is_not_even_read(tmp_path):
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(10**10)  # sparse: ten gigabytes that are not there
    with pytest.raises(InputError, match=r"has 10000\.0 MB"):
        load_text(tmp_path / "huge.txt")


def test_pythons_own_source_needs_no_download_and_holds_whole_modules_out():
    data = load_text("python")
    assert "python" in available_texts()
    assert data.train.isascii()
    assert len(data.train) > 1_000_000
    assert 0.05 < len(data.test) / len(data.train) < 0.2
    folder = stdlib._folder()
    for path in folder.glob("*.py"):
        content = path.read_bytes()
        if len(content) > 2000 and content.isascii() and b"\t" not in content and b"\f" not in content:
            body = content.decode().replace("\r\n", "\n").strip("\n")
            held_out = zlib.crc32(path.name.encode()) % 10 == 0
            assert body not in (data.train if held_out else data.test), path.name


def test_a_python_without_its_source_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(stdlib, "_folder", lambda: tmp_path)
    with pytest.raises(DataMissing, match="came without the source"):
        stdlib.read.__wrapped__()
    assert available_texts(tmp_path) == []


@pytest.fixture
def mirror(monkeypatch) -> Iterator[dict[str, bytes]]:
    """A server on this machine in place of the real one; what is put into the dict is what it serves."""
    play = b"ROMEO:\nWho's there?\n\n" * 100
    files = {"input.txt": play}

    class Mirror(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if "input.txt" in files else 404)
            self.end_headers()
            self.wfile.write(files.get("input.txt", b""))

        def log_message(self, *_: object) -> None:
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    monkeypatch.setattr(text, "SHAKESPEARE_URLS", (f"http://127.0.0.1:{running.server_port}/input.txt",))
    monkeypatch.setattr(text, "SHAKESPEARE_MD5", hashlib.md5(play, usedforsecurity=False).hexdigest())
    yield files
    running.shutdown()
    running.server_close()


def test_shakespeare_is_downloaded_only_on_request_and_whole(mirror, tmp_path):
    with pytest.raises(DataMissing, match="Tiny Shakespeare is not in .* Download it"):
        load_text("shakespeare", tmp_path)
    seen: list[tuple[int, int]] = []
    data = load_text("shakespeare", tmp_path, download=True, progress=lambda *now: seen.append(now))
    assert data.train.startswith("ROMEO:\n")
    assert seen
    mirror.clear()  # what is there already is not fetched again
    assert load_text("shakespeare", tmp_path, download=True) == data
    path = tmp_path / "tinyshakespeare" / "input.txt"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataCorrupt, match="truncated or damaged"):
        load_text("shakespeare", tmp_path)


def test_a_reply_that_is_cut_off_or_garbage_is_one_sentence(tmp_path, monkeypatch):
    import socket

    for reply in (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc", b"welcome to our hotel\r\n\r\n"):
        with socket.create_server(("127.0.0.1", 0)) as server:

            def answer(server=server, reply=reply) -> None:
                connection, _ = server.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(reply)

            thread = threading.Thread(target=answer, daemon=True)
            thread.start()
            monkeypatch.setattr(text, "SHAKESPEARE_URLS", (f"http://127.0.0.1:{server.getsockname()[1]}/input.txt",))
            with pytest.raises(DownloadFailed, match="Check the network and try again"):
                load_text("shakespeare", tmp_path, download=True)
            thread.join(5)


def test_a_download_that_fails_or_arrives_damaged_leaves_nothing(mirror, tmp_path, monkeypatch):
    mirror["input.txt"] = b"<html>not found</html>"
    with pytest.raises(DownloadFailed, match="incomplete or altered.*or stay with Python's own source"):
        load_text("shakespeare", tmp_path, download=True)
    monkeypatch.setattr(text, "SHAKESPEARE_URLS", ("http://127.0.0.1:9/input.txt",))
    with pytest.raises(DownloadFailed, match="Check the network and try again"):
        load_text("shakespeare", tmp_path, download=True)
    assert available_texts(tmp_path) == ["python"]


@needs_mnist
def test_the_real_tiny_shakespeare():
    data = load_text("shakespeare")
    assert isinstance(data, TextData)
    assert (len(data.train), len(data.test), len(data.vocabulary)) == (1_003_855, 111_539, 65)
    assert data.train.startswith("First Citizen:\nBefore we proceed any further, hear me speak.")

"""MNIST: never half read, downloaded only on request, and whole or not at all."""

import gzip
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from seqviz.data import download, mnist
from seqviz.data.datasets import available, load_dataset
from seqviz.data.torchvision_cpu import import_datasets
from seqviz.errors import DataCorrupt, DataError, DataMissing, DownloadFailed
from tests.conftest import needs_mnist


def idx(array: torch.Tensor) -> bytes:
    """Bytes in the IDX format of MNIST's own files."""
    head = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return head + array.to(torch.uint8).numpy().tobytes()


GENERATOR = torch.Generator().manual_seed(0)
CONTENT = {
    "train-images-idx3-ubyte": idx(torch.randint(0, 256, (7, 28, 28), generator=GENERATOR)),
    "train-labels-idx1-ubyte": idx(torch.arange(7)),
    "t10k-images-idx3-ubyte": idx(torch.randint(0, 256, (3, 28, 28), generator=GENERATOR)),
    "t10k-labels-idx1-ubyte": idx(torch.arange(3)),
}
PACKED = {f"{name}.gz": gzip.compress(content) for name, content in CONTENT.items()}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """A mirror on this machine that serves a tiny MNIST; what is put into the dict is what it serves."""
    files = dict(PACKED)

    class Mirror(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path.strip("/"))
            self.send_response(200 if content is not None else 404)
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    source = import_datasets().MNIST
    monkeypatch.setattr(source, "mirrors", [f"http://127.0.0.1:{running.server_port}/"])
    monkeypatch.setattr(source, "resources", [(name, md5(content)) for name, content in PACKED.items()])
    monkeypatch.setattr(mnist, "FILES", {name: (md5(content), 100) for name, content in CONTENT.items()})
    yield files
    running.shutdown()
    running.server_close()


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def test_nothing_is_downloaded_without_a_request(server, tmp_path):
    with pytest.raises(DataMissing, match="python -m seqviz train --data mnist --download"):
        load_dataset("mnist", tmp_path)
    assert available(tmp_path) == ["digits"]
    assert not list(tmp_path.iterdir())


def test_a_download_reports_its_progress_and_is_read(server, tmp_path):
    seen: list[tuple[int, int]] = []
    data = load_dataset("mnist", tmp_path, download=True, progress=lambda done, total: seen.append((done, total)))
    assert (len(data.train), len(data.test)) == (7, 3)
    assert data.train.inputs.max() <= 1
    assert seen[-1][1] == 400
    assert available(tmp_path) == ["digits", "mnist"]
    server.clear()  # what is there already is not fetched again
    load_dataset("mnist", tmp_path, download=True)


def test_a_download_that_arrives_damaged_leaves_nothing(server, tmp_path):
    server["t10k-images-idx3-ubyte.gz"] = PACKED["t10k-images-idx3-ubyte.gz"][:-20]
    with pytest.raises(DownloadFailed, match="t10k-images-idx3-ubyte could not be downloaded .*incomplete or altered"):
        load_dataset("mnist", tmp_path, download=True)
    assert not [path for path in (tmp_path / "MNIST" / "raw").iterdir() if "t10k-images" in path.name]
    server.update(PACKED)
    assert len(load_dataset("mnist", tmp_path, download=True).test) == 3


def test_no_network_is_one_sentence(server, tmp_path, monkeypatch):
    monkeypatch.setattr(import_datasets().MNIST, "mirrors", ["http://127.0.0.1:9/"])
    with pytest.raises(DownloadFailed, match="Check the network and try again, or stay with the embedded digits"):
        load_dataset("mnist", tmp_path, download=True)


def test_a_silent_server_is_given_up(tmp_path, monkeypatch):
    import socket

    monkeypatch.setattr(download, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(DownloadFailed, match="timed out"):
        download.fetch([f"http://127.0.0.1:{silent.getsockname()[1]}/x.gz"], "", tmp_path / "x")


@pytest.mark.parametrize("damage", [lambda content: content[:-5], lambda content: content[:20] + b"x" + content[21:]])
def test_a_damaged_file_is_named_and_never_read(server, tmp_path, damage):
    load_dataset("mnist", tmp_path, download=True)
    path: Path = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataCorrupt, match="train-images-idx3-ubyte is truncated or damaged. Delete it and download"):
        load_dataset("mnist", tmp_path)
    load_dataset("mnist", tmp_path, download=True)  # the remedy works: the damaged file is fetched again
    assert path.read_bytes() == CONTENT[path.name]


def test_an_unknown_name():
    with pytest.raises(DataError, match="no dataset 'cifar'; choose one of digits, mnist"):
        load_dataset("cifar")


def test_torchvision_works_beside_this_torch():
    from importlib import import_module

    import_datasets()
    v2 = import_module("torchvision.transforms.v2")
    assert v2.functional.resize(torch.zeros(1, 28, 28), [14, 14]).shape == (1, 14, 14)


@needs_mnist
def test_real_mnist():
    data = load_dataset("mnist")
    assert data.train.inputs.shape == (60000, 28, 28)
    assert data.test.inputs.shape == (10000, 28, 28)
    assert data.train.inputs.mean().item() == pytest.approx(0.1307, abs=1e-4)  # the well-known mean and deviation
    assert data.train.inputs.std().item() == pytest.approx(0.3081, abs=1e-4)
    assert data.train.targets[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]

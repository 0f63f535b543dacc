"""What the hub answers, played by a server on this machine; no test asks the network."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from huggingface_hub import constants

from metabench.errors import DataError
from metabench.tasks.commit import _remote_commit

COMMIT = "c" * 40


class Answer(BaseHTTPRequestHandler):
    """Knows own/known with a commit and own/unnamed without; everything else is not found."""

    def do_GET(self):
        known = {"own/known": {"sha": COMMIT}, "own/unnamed": {}}
        name = self.path.removeprefix("/api/datasets/").partition("/revision")[0]
        self.send_response(200 if name in known else 404)
        self.end_headers()
        self.wfile.write(json.dumps({"id": name, **known.get(name, {})}).encode())

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(autouse=True)
def server(monkeypatch):
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        yield
        server.shutdown()
        thread.join()
    _remote_commit.cache_clear()


def test_the_commit_is_what_the_hub_says():
    assert _remote_commit("dataset", "own/known", None) == COMMIT


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("own/gone", r"the hub does not give dataset 'own/gone' \(v1\): "),
        ("own/unnamed", "the hub names no commit of dataset 'own/unnamed'"),
    ],
)
def test_what_the_hub_does_not_have_is_named_with_a_way_out(name, problem):
    with pytest.raises(DataError, match=problem) as caught:
        _remote_commit("dataset", name, "v1")
    assert "--hub DIR" in caught.value.hint

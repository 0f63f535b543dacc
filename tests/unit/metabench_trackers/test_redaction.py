"""No secret is in an error's line, wherever it came from."""

from __future__ import annotations

import pytest

from metabench_trackers.redaction import one_line

NAMES = ("WANDB_API_KEY", "MLFLOW_TRACKING_TOKEN", "my_password", "AWS_SECRET_ACCESS_KEY")


@pytest.mark.parametrize("name", NAMES)
def test_the_value_of_a_secret_variable_is_hidden(name, monkeypatch):
    monkeypatch.setenv(name, "s3cr3t!")

    assert (
        one_line(ValueError("401 for s3cr3t! at\n the door"))
        == "ValueError: 401 for *** at the door"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:hunter2@host/api", "http://***@host/api"),
        ("http://host/api", "http://host/api"),
        (f"key {'a1' * 20} from a file", "key *** from a file"),
        ("connection refused", "connection refused"),
    ],
)
def test_what_a_file_or_an_address_brought_in_is_hidden_and_nothing_else(text, shown):
    assert one_line(OSError(text)) == f"OSError: {shown}"

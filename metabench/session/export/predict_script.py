"""Predict with the model in this script's folder: ``python predict.py ROWS.jsonl``.

Each line of the file is a JSON list of one text, or of two where the task has pairs. Each line of
the output is a JSON object: ``outputs`` are the classifier's outputs (logits, or one number), and
``prediction`` the class, or that number. Needs torch, transformers and safetensors.

The encoder is transformers' ``AutoModel``, or ``AutoModelForTextEncoding`` if it was saved without
its decoder. The classifier is one linear layer over the features of ``classifier_pooling`` in
``config.json``: ``mean`` is the mean of the last states over the real tokens, ``cls`` the first
token's state, ``last`` that of the last real token, ``pooler`` the output of the encoder's pooler.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
import transformers


class Predictor:
    """The encoder, its tokenizer and the classifier of a folder."""

    def __init__(self, folder: Path) -> None:
        # Where the classifier does not read the encoder's pooler, there is none in the folder, and
        # transformers would warn about a new pooler.
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        # The folder that this file is in, not an id of the hub.
        self.tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder)  # nosec B615
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        alone = config["architectures"][0].endswith("EncoderModel")
        kind: Any = transformers.AutoModelForTextEncoding if alone else transformers.AutoModel
        self.encoder: Any = kind.from_pretrained(folder, dtype=torch.float32)  # nosec B615
        self.encoder.eval()
        self.head = safetensors.torch.load_file(folder / "classifier.safetensors")
        self.pooling: str = self.encoder.config.classifier_pooling

    @torch.inference_mode()
    def outputs(self, rows: Sequence[Sequence[str]], *, batch_size: int = 32) -> torch.Tensor:
        """Return the outputs [examples, classes] of examples of one text or two."""
        parts = []
        for start in range(0, len(rows), batch_size):
            texts = list(zip(*rows[start : start + batch_size], strict=True))
            encoded = self.tokenizer(
                *map(list, texts), truncation=True, padding=True, return_tensors="pt"
            )
            features = self._features(self.encoder(**encoded), encoded["attention_mask"])
            head = self.head
            parts.append(torch.nn.functional.linear(features, head["weight"], head["bias"]))
        return torch.cat(parts)

    def _features(self, result: Any, mask: torch.Tensor) -> torch.Tensor:
        states: torch.Tensor = result.last_hidden_state
        if self.pooling == "mean":
            weight = mask.unsqueeze(-1).to(states.dtype)
            return (states * weight).sum(1) / weight.sum(1).clamp_min(1)
        if self.pooling == "cls":
            return states[:, 0]
        if self.pooling == "last":
            return states[torch.arange(len(states)), mask.sum(1) - 1]
        pooled: torch.Tensor = result.pooler_output
        return pooled

    def predictions(self, outputs: torch.Tensor) -> list[Any]:
        """Return the predicted class name of each example, or its number."""
        if outputs.shape[1] == 1:
            return [float(number) for number in outputs[:, 0]]
        names = self.encoder.config.id2label
        return [names[int(index)] for index in outputs.argmax(dim=1)]


def answers(folder: Path, rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield one line of JSON for each example."""
    predictor = Predictor(folder)
    outputs = predictor.outputs(rows)
    for prediction, row in zip(predictor.predictions(outputs), outputs.tolist(), strict=True):
        yield json.dumps({"prediction": prediction, "outputs": row}) + "\n"


def main() -> None:
    """Read examples from the file given on the command line, write predictions to stdout."""
    if len(sys.argv) != 2:  # noqa: PLR2004  (the script and its one argument)
        sys.exit("usage: python predict.py ROWS.jsonl")
    with Path(sys.argv[1]).open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file if line.strip()]
    sys.stdout.writelines(answers(Path(__file__).parent, rows))


if __name__ == "__main__":
    main()

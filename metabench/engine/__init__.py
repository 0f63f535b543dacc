"""The training loops: meta-training, fine-tuning, evaluation, stage 1. They yield, never print."""

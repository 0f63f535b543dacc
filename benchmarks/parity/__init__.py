"""Fine-tuning by metabench and by transformers' Trainer, side by side on the same rows."""

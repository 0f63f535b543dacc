"""From rows to tokens, to batches, to episodes. Loads torch."""

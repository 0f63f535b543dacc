"""Scores over arrays of labels and outputs, and what offers them."""

"""Encoder, heads and the flat-vector learner."""

"""The records of a run folder as models."""

"""Honest benchmarks of meta-learning for low-resource NLP."""

__all__ = ["__version__"]

__version__ = "0.1.0"

"""BERT as a function of its parameters."""

"""The cells of a plan, in one process or several."""

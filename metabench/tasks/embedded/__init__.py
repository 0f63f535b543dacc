"""The embedded suite: nine generated tasks and the small encoder that they are made for."""

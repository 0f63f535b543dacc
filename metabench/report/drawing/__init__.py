"""Shapes, and how they become SVG and PDF."""

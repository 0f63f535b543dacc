"""Shapes, and how they become SVG and PDF.

Modules and packages, in the order in which data passes through:

    scale: from values to pixels, with round ticks
    shapes: lines, boxes, marks and words, in panels
    compose: a figure as one picture: legend and panels
    paint: colours, strokes and fonts
    svg: panels as SVG, in a page or as a file
    pdf: panels as PDF, by matplotlib
"""

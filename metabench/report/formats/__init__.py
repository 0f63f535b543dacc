"""The formats of a leaderboard, one module each.

Modules and packages, in the order in which data passes through:

    terminal: tables for the terminal, in a given width, with or without colour
    markdown: Markdown tables
    latex: LaTeX tables
    latex_escape: text escaped for LaTeX
    csv_text: a tidy CSV table, one line a method and column
    parquet: every score as a Parquet table
    json_text: JSON in full precision
    notebook: a leaderboard as a fragment of HTML
    html: the report as one HTML file, without network access
"""

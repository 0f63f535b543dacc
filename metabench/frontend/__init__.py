"""metabench from Python: what the commands call, and what ``import metabench`` offers.

Modules and packages, in the order in which data passes through:

    places: where benchmark files and run folders are
    plugins: the catalog, with plugin files
    planning: from a benchmark to a plan
    benchmark: a benchmark from Python values
    pace: the completed share of a run and its remaining time
    progress: the progress of a run: lines, a live display, a bar in a notebook
    running: a planned benchmark, checked against this machine and run
    launching: a benchmark run from Python
    comparing: from run folders to a leaderboard
    merging: runs merged with the origin of every number
    frames: results as pandas DataFrames
    rendering: a leaderboard as text, in each built-in format
    site: from run folders to a site
    board: a leaderboard as notebooks and scripts use it
    shown_figure: a figure of matplotlib that notebooks show
    loaded: run folders, loaded
"""

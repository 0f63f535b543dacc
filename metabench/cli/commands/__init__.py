"""The commands, one module each, named as it is typed.

Modules and packages, in the order in which data passes through:

    init: `metabench init`: a commented benchmark file to start from
    schema: `metabench schema`: the JSON schema of a benchmark file
    doctor: `metabench doctor`: whether this machine can run benchmarks
    list: `metabench list`: the names that a benchmark file or a command can use
    show: `metabench show`: the description of one installed thing, or of a cell
    data: `metabench data`: datasets on this machine, downloaded, checked
    validate: `metabench validate`: all checks of `run`, without running
    run: `metabench run`: run the cells that are not done, then show the leaderboard
    advise: `metabench advise`: the seeds and draws that a pilot run advises
    status: `metabench status`: the progress of a run
    watch: `metabench watch`: the leaderboard of a run while it grows
    attach: `metabench attach`: a run, followed until it ends
    cancel: `metabench cancel`: stop the processes that work on a run
    logs: `metabench logs`: the log or the scalars of a cell
    compare: `metabench compare`: the leaderboard of one or several runs
    merge: `metabench merge`: where runs agree, and where scores come from
    site: `metabench site`: the results of many runs as static pages
    score: `metabench score`: new scores from saved predictions
    verify: `metabench verify`: whether a run folder is intact
    review: `metabench review`: whether records of others can be published
    reproduce: `metabench reproduce`: one result, computed again from its record
    export: `metabench export`: models, submissions, and records
    plugins: `metabench plugins`: installed plugins, their conformance, new packages
    completion: `metabench completion`: the script of a shell's completion
"""

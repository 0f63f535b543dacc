"""Installed plugins: the isolating loader, and the catalog of what they register.

Modules and packages, in the order in which data passes through:

    discovery: installed plugins: entry points of the group `metabench`
    local: a single Python file as a plugin
    guard: runs a plugin's code; an exception becomes a value
    watch: names a plugin that hangs while it is loaded
    hooks: the hooks of a plugin, each checked before any is called
    offers: what hooks return, checked item by item
    loader: loads each plugin in isolation
    status: a plugin's origin, load status and registrations
    formats: the built-in formats, whose names are reserved
    catalog: every registered algorithm, sampler, adaptation, task, metric and renderer by name
    absence: why a name is not in the catalog, with a hint
    target: imports what a descriptor points to
    observers: observers notified of events, isolated from the run
    step_scalars: scalars that observers add to a step
    scaffold: the files of a new plugin package
    trial: the conformance checks of a plugin, in child processes
"""

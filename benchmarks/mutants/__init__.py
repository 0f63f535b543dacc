"""What tests notice: one small change at a time to code that must not be wrong.

``tox -e mutants`` tries a fixed sample and prints the share that tests noticed, by package, and
every change that none did. A change that changes nothing is listed, with its reason, in
``tests/equivalent_mutants.toml``.

Which tests run a function is found by coverage, for each test file once, and again where a module
that it ran has changed. A change is tried with the tests that run its function, those of the
module's mirror in ``tests/unit`` first, the quickest before the others, until one fails; the same
tests then have to pass without it, and one that does not is named and left out. They run in a fork
of a process that has loaded all of a copy of the code and collected its tests; in the fork, the
loaded functions are given their changed code, and a module whose change acts at import is imported
again. Verdicts are kept, so that a study can be interrupted.
"""

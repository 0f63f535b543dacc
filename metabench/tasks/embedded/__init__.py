"""The embedded suite: nine synthetic tasks and a small encoder made for them.

Modules and packages, in the order in which data passes through:

    words: the lexicon
    draws: uniform numbers from a named stream
    clause: a clause of the grammar, and its text
    edits: edits that keep, widen, invert or replace a clause's meaning
    singles: tasks over one sentence
    pairs: tasks over two sentences
    questions: the task over a question and a sentence
    inferences: tasks over a premise and a hypothesis
    suite: recipes and sizes of the nine tasks, and the function that generates their examples
    cards: the cards of the nine tasks
"""

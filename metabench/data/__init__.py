"""From examples to tokens, batches and episodes. Loads torch.

Modules and packages, in the order in which data passes through:

    rows: the examples of a task: texts and labels, checked
    check: every example of a split, checked against its card
    encoding: texts to token ids, cached by content
    token_cache: arrays on disk as safetensors with a sha256
    scale: standardised targets of a regression
    tokens: the tokens of a task on one device, from which a batch is gathered
    counts: how the texts of a table fit the encoder, and the examples of each class
    order: shuffled epochs, nested subsamples, batches of equal length
    episodes: support and query examples of a task at each of its visits
"""

"""Task cards, the location of their examples, and their identity. Loads no example.

Modules and packages, in the order in which data passes through:

    provider: the built-in tasks, registered through the same plugin API
    glue: the cards of the eight GLUE tasks
    scitail: the card of SciTail
    leopard: the cards of the LEOPARD few-shot tasks
    embedded: nine synthetic tasks and a small encoder that ship with metabench
    hub: where datasets and encoders are: an offline mirror or the hub
    plain_yaml: YAML from a stranger, without what multiplies
    parquet_pages: the pages of a Parquet file, by their own headers
    parquet_size: how much a Parquet file holds, known before it is decoded
    reading: the records of files of any format
    layout: which files of a dataset's folder belong to which split
    data_card: the card of a dataset: configurations, classes
    clone: the files of a dataset that is not on the hub, in a clone of its repository
    mirror: the data files of a dataset in a folder or an offline mirror
    own: custom tasks: examples of files, folders and mirrors, each checked
    commit: the hub's commit of a repository
    snapshot: the files of a hub dataset at one commit
    identity: the identity of a split: its size and content
    encoder: the identity of an encoder: a hash of config, tokenizer and weights
    encoder_config: the configuration of an encoder, from its folder or the hub
    architectures: which architectures can be used, and how
    encoder_limits: the limits of an encoder: tokens per example, token ids
    weights: an encoder's files, inspected before they are loaded
    overlap: duplicate examples within and across splits
    definition: from `[[tasks.define]]` to a card with classes and sizes
    presence: which tasks' examples are on this machine
"""

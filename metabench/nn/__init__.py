"""Encoders, heads and the learner on one flat parameter vector.

Modules and packages, in the order in which data passes through:

    encoder: an encoder with its tokenizer
    pairs: a pair's two texts, kept apart for tokenizers that would run them together
    trial: an encoder tried on a few tokens when it is loaded
    features: the features of a text, from its hidden states
    layout: where each parameter is in the flat vector
    seeded: dropout and new heads from a seed: the only use of torch's global generators
    bert: BERT as a function of its parameters, from token ids to hidden states
    passes: gradients and Hessian-vector products by a custom backward
    body: from parameters and token ids to features, by transformers or by `bert`
    curvature: the HVP methods
    trained: the parameters that are trained, by the words of a benchmark file
    double_backward: a Hessian-vector product by differentiating twice
    caching: which gradients use the custom backward, and what it caches; import-light
    touched: the part of theta that a batch can touch
    counter: how often a learner evaluated what
    learner: the learner: an encoder and its heads as functions of one vector
    episode_view: a learner reduced to the parameters that an episode can touch
"""

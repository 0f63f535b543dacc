"""Done cells again: planned from records, run, scored."""

"""One run: walk the plan, skip what is done, keep going past a failure, record everything."""

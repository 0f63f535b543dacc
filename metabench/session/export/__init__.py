"""What leaves a run folder: models, submissions, records."""

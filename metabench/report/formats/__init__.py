"""A leaderboard in one format, one module each."""

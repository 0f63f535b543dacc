"""A leaderboard as tables of strings."""

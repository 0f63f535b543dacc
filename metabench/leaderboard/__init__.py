"""From the results of runs to a leaderboard."""

"""The leaderboard as a value and as text: same results, same bytes."""

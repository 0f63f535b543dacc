"""What a run leaves behind: records, the folder that holds them, and what they add up to."""

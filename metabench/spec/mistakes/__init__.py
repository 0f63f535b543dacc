"""Where a file is wrong, in its own words."""

"""Values as lines of a terminal."""

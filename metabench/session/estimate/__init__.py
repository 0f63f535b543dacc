"""What a cell will take, before it is run: counts, time, memory."""

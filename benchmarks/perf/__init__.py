"""What the engine costs in time and memory, beside other libraries and beside plain passes."""

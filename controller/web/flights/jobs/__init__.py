"""Work on logs that runs in a process of its own, so that it takes no time and no memory from the live aircraft."""

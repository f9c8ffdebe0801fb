"""What is the whole run, and why this plan? The only place where the rooms meet."""
